{{- define "controlproof.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "controlproof.selector" -}}
app.kubernetes.io/name: controlproof
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "controlproof.labels" -}}
{{ include "controlproof.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "controlproof.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "controlproof.name" .) -}}
{{- end }}

{{- define "controlproof.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "controlproof.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "controlproof.daemon" }}
args:
  - daemon
  - --config=/etc/controlproof/controlproof.yaml
  - --listen=0.0.0.0:9464
  {{- with .Values.collector }}
  - --collector={{ . }}
  {{- end }}
ports:
  - {name: metrics, containerPort: 9464, protocol: TCP}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 20
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
{{- end }}

{{/* One run. Deviations (exit code 1) are a finding, not a failure of the job. */}}
{{- define "controlproof.once" }}
command:
  - sh
  - -c
  - controlproof collect --config=/etc/controlproof/controlproof.yaml --json; code=$?; [ $code -eq 1 ] || exit $code
{{- end }}

{{/* The pod, whose one container is given its arguments. Keys are copied into memory, where they are readable by their
owner alone: as the mounted Secret they would be readable by a group, which is refused. */}}
{{- define "controlproof.pod" -}}
serviceAccountName: {{ include "controlproof.serviceAccount" .root }}
automountServiceAccountToken: {{ .root.Values.rbac.create }}
enableServiceLinks: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.keys.secret }}
initContainers:
  - name: keys
    image: {{ include "controlproof.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [sh, -c, "install -m 0600 /secret/* /keys/"]
    securityContext:
      {{- include "controlproof.containerSecurity" .root | nindent 6 }}
    resources:
      requests: {cpu: 10m, memory: 16Mi}
      limits: {memory: 64Mi}
    volumeMounts:
      - {name: secret, mountPath: /secret, readOnly: true}
      - {name: keys, mountPath: /keys}
{{- end }}
containers:
  - name: controlproof
    image: {{ include "controlproof.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    {{- .run | trim | nindent 4 }}
    securityContext:
      {{- include "controlproof.containerSecurity" .root | nindent 6 }}
    {{- with .root.Values.env }}
    env:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    resources:
      {{- toYaml .root.Values.resources | nindent 6 }}
    volumeMounts:
      - {name: configuration, mountPath: /etc/controlproof, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- if .root.Values.keys.secret }}
      - {name: keys, mountPath: /keys, readOnly: true}
      {{- end }}
      {{- if .root.Values.extraVolume }}
      - {name: more, mountPath: /more, readOnly: true}
      {{- end }}
volumes:
  - name: configuration
    configMap:
      name: {{ include "controlproof.name" .root }}
  - name: tmp
    emptyDir: {sizeLimit: {{ .root.Values.temporary.sizeLimit }}}
  {{- if .root.Values.keys.secret }}
  - name: secret
    secret:
      secretName: {{ .root.Values.keys.secret }}
      defaultMode: 0440
  - name: keys
    emptyDir: {medium: Memory, sizeLimit: 1Mi}
  {{- end }}
  {{- with .root.Values.extraVolume }}
  - name: more
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
