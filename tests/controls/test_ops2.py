"""Alarms: what they watch of which variant, and whom they tell, by themselves or through composite alarms."""

import pytest
from support.estate import gap, good, judge, only, partly, refused, replacing, snapshot
from support.operations import ALARMS, ENDPOINT, TOPIC, VARIANT, alarm, composite, metric
from support.served import endpoint

from collector.model.outcome import Outcome
from controls.access.truth import Truth
from controls.ops2 import OPS_2
from controls.served.alarm_rule import rings

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
OF_VARIANT = {"EndpointName": ENDPOINT, "VariantName": VARIANT}
SCALING = "arn:aws:autoscaling:eu-central-1:123456789012:scalingPolicy:1:policyName/p"


def alarms(*given):
    return good(alarms=given)


def with_errors(*given):
    """The good alarms on latency and availability, and others than the one on errors."""
    return alarms(ALARMS["latency"], ALARMS["availability"], *given)


def without(kind, *given):
    return alarms(*(each for name, each in ALARMS.items() if name != kind), *given)


def test_the_population_is_each_variant_once_for_each_of_the_three():
    result = judge(OPS_2, good())
    assert result.outcome is PASS
    arn = endpoint().id
    assert [each.id for each in result.assessments] == [f"{arn}/all {kind}" for kind in sorted(ALARMS)]
    assert only(judge(OPS_2, without("errors")), FAIL).id == f"{arn}/all errors"


UNWATCHED = {
    "errors: none": (without("errors"), "no alarm watches the errors of variant all of endpoint llm: alarm on Invocation5XX"),
    "latency: none": (without("latency"), "no alarm watches the latency of variant all of endpoint llm: alarm on ModelLa"),
    "availability: none": (without("availability"), "no alarm watches the availability of variant all of endpoint llm"),
    "errors: of the callers": (with_errors(alarm("a", "Invocation4XXErrors")), "no alarm watches the errors"),
    "errors: of another variant": (
        with_errors(alarm("a", None, **metric("Invocation5XXErrors", EndpointName=ENDPOINT, VariantName="b"))), "no alarm"
    ),
    "errors: of all variants": (
        with_errors(alarm("a", None, **metric("Invocation5XXErrors", EndpointName=ENDPOINT))), "no alarm watches"
    ),
    "errors: of one component": (
        with_errors(alarm("a", None, **metric("Invocation5XXErrors", **OF_VARIANT, InferenceComponentName="c"))), "no alarm"
    ),
    "errors: of another namespace": (
        with_errors(alarm("a", None, **metric("Invocation5XXErrors", "Custom"))), "no alarm watches the errors"
    ),
    "errors: in another region": (with_errors(alarm("a", "Invocation5XXErrors", region="eu-west-1")), "no alarm watches"),
    "errors: when there are few": (
        with_errors(alarm("a", "Invocation5XXErrors", comparison="LessThanThreshold")), "no alarm watches the errors"
    ),
    "latency: when it is low": (
        without("latency", alarm("a", "ModelLatency", comparison="LessThanOrEqualToThreshold")), "no alarm watches the lat"
    ),
    "availability: many requests": (without("availability", alarm("a", "Invocations")), "no alarm watches the availability"),
    "availability: a share of errors among requests": (
        without("availability", alarm("a", None, comparison="LessThanThreshold",
                                      metrics=[{**metric("Invocations")}, {**metric("Invocation5XXErrors")}])),
        "no alarm watches the availability",
    ),
    "errors: actions are off": (
        with_errors(alarm("a", "Invocation5XXErrors", actions_enabled=False)), "nobody is told when a rings for variant all"
    ),
    "errors: no action": (with_errors(alarm("a", "Invocation5XXErrors", actions=[])), "nobody is told when a rings"),
    "errors: an action that only scales": (
        with_errors(alarm("a", "Invocation5XXErrors", actions=[SCALING])), "nobody is told when a rings"
    ),
    "errors: a composite alarm of another": (
        with_errors(alarm("a", "Invocation5XXErrors", actions=[]), composite("c", 'ALARM("b")')), "nobody is told when a"
    ),
    "errors: a composite alarm that tells nobody": (
        with_errors(alarm("a", "Invocation5XXErrors", actions=[]), composite("c", 'ALARM("a")', actions=[])), "nobody is told"
    ),
    "errors: a composite alarm that needs another too": (
        with_errors(alarm("a", "Invocation5XXErrors", actions=[]), composite("c", "ALARM(a) AND ALARM(b)")), "nobody is told"
    ),
    "errors: a composite alarm in another region": (
        with_errors(alarm("a", "Invocation5XXErrors", actions=[]), composite("c", "ALARM(a)", region="eu-west-1")), "nobody is"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNWATCHED.values(), ids=UNWATCHED.keys())
def test_what_nobody_is_told_of_is_a_deviation_that_says_what_to_add(given, words):
    result = judge(OPS_2, given)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


SILENT = alarm("a", "Invocation5XXErrors", actions=[])
WATCHED = {
    "errors of the model": with_errors(alarm("a", "InvocationModelErrors")),
    "errors as a share of requests": with_errors(
        alarm("a", None, comparison="GreaterThanThreshold", metrics=[metric("Invocation5XXErrors"), metric("Invocations")])
    ),
    "overhead latency": without("latency", alarm("a", "OverheadLatency")),
    "instances that fall silent": without(
        "availability",
        alarm("a", None, **metric("CPUUtilization", "/aws/sagemaker/Endpoints"), treat_missing_data="breaching"),
    ),
    "latency that falls silent": alarms(
        ALARMS["errors"], alarm("a", "ModelLatency", treat_missing_data="breaching")
    ),
    "a composite alarm that names it": with_errors(SILENT, composite("c", 'ALARM("b") OR ALARM("a")')),
    "a composite alarm by ARN": with_errors(SILENT, composite("c", f"ALARM({SILENT.id})")),
    "a composite alarm but in maintenance": with_errors(SILENT, composite("c", "ALARM(a) AND NOT ALARM(maintenance)")),
    "a composite alarm of a composite alarm": with_errors(
        SILENT, composite("c", "ALARM(a)", actions=[]), composite("d", "ALARM(c)")
    ),
    "actions of the composite alarm alone": with_errors(
        alarm("a", "Invocation5XXErrors", actions_enabled=False), composite("c", "ALARM(a)")
    ),
    "an action that scales and one that tells": with_errors(alarm("a", "Invocation5XXErrors", actions=[SCALING, TOPIC])),
}  # fmt: skip


@pytest.mark.parametrize("given", WATCHED.values(), ids=WATCHED.keys())
def test_what_tells_somebody_passes(given):
    assert judge(OPS_2, given).outcome is PASS


def test_shadows_need_no_alarm():
    variants = [*endpoint().content().value["variants"], {"name": "shadow", "shadow": True}]
    given = replacing(good(), snapshot("sagemaker.endpoints", endpoint(variants=variants)))
    assert judge(OPS_2, given).outcome is PASS


def test_each_variant_needs_alarms_of_its_own():
    first = endpoint().content().value["variants"][0]
    given = replacing(good(), snapshot("sagemaker.endpoints", endpoint(variants=[first, {**first, "name": "b"}])))
    assert [each.detail["variant"] for each in judge(OPS_2, given).deviations] == ["b"] * 3


def test_a_rule_that_cannot_be_followed_is_inconclusive():
    result = judge(OPS_2, with_errors(SILENT, composite("c", "AT_LEAST(1, ALARM, (a, b))")))
    assert result.outcome is INCONCLUSIVE
    assert "whether anybody is told of a is not known" in only(result, INCONCLUSIVE).reason


def test_an_alarm_that_was_not_listed_is_not_said_to_lack():
    given = replacing(good(), gap("cloudwatch.alarms"))
    result = judge(OPS_2, given)
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())


def test_an_endpoint_that_was_refused_is_inconclusive():
    result = judge(OPS_2, replacing(good(), partly("sagemaker.endpoints", refused(endpoint(), "variants"))))
    assert result.outcome is INCONCLUSIVE
    assert "the variants of endpoint llm are not known" in result.reason


def test_where_there_is_no_endpoint_it_does_not_apply():
    given = replacing(good(alarms=gap("cloudwatch.alarms")), snapshot("sagemaker.endpoints"))
    assert judge(OPS_2, given).outcome is Outcome.NOT_APPLICABLE
    assert judge(OPS_2, good(), sources=["kubernetes:it"]).outcome is Outcome.NOT_APPLICABLE


RULES = {
    "ALARM(a)": Truth.YES,
    "ALARM( 'a' )": Truth.YES,
    'ALARM("with (parentheses)") OR ALARM(a)': Truth.YES,
    "OK(a)": Truth.NO,
    "OK(b)": Truth.YES,
    "INSUFFICIENT_DATA(a)": Truth.NO,
    "NOT ALARM(a)": Truth.NO,
    "NOT (ALARM(b) OR FALSE)": Truth.YES,
    "ALARM(b) AND ALARM(a) OR TRUE": Truth.YES,
    "TRUE OR ALARM(b) AND ALARM(b)": Truth.YES,
    "(TRUE OR ALARM(b)) AND ALARM(b)": Truth.NO,
    "NOT ALARM(b) AND ALARM(b)": Truth.NO,
    "ALARM(ab)": Truth.NO,
    "": Truth.UNKNOWN,
    "ALARM(a) ALARM(a)": Truth.UNKNOWN,
    "(ALARM(a)": Truth.UNKNOWN,
    "ALARM(a))": Truth.UNKNOWN,
    "ALARM(a) OR": Truth.UNKNOWN,
    "OR ALARM(a)": Truth.UNKNOWN,
    "ALARM()": Truth.UNKNOWN,
    "(" * 100_000: Truth.UNKNOWN,
}


@pytest.mark.parametrize(("rule", "expected"), RULES.items(), ids=lambda value: str(value)[:40])
def test_a_rule_holds_as_documented_or_is_not_followed(rule, expected):
    assert rings(rule, frozenset(("a",))) is expected
