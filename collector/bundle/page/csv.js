"use strict";
/* Tables as CSV (RFC 4180), written as `collector/bundle/table.py` writes them. */
const Csv = (() => {
  /** Keep a spreadsheet from taking text for a formula (OWASP, CSV Injection). */
  const harmless = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (values) => `${values.map((value) => (typeof value === "string" ? quoted(harmless(value)) : String(value))).join(",")}\r\n`;

  /** Give the bytes of a table of lines. */
  function bytes(lines) {
    const parts = [];
    for (const values of lines) parts.push(line(values));
    return new TextEncoder().encode(parts.join(""));
  }

  return { bytes };
})();
