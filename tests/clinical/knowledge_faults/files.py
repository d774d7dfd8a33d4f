"""Faults of the form of the files, of the units and of single values."""

from tests.clinical.knowledge_faults.fault import Fault, append, replace

FAULTS: list[Fault] = [
    (
        "an unknown key",
        lambda d: replace(d, "cautions.toml", "title =", "titel ="),
        "cautions.toml [contrast-reaction]",
        "unknown key 'titel'",
    ),
    (
        "a missing key",
        lambda d: replace(d, "cautions.toml", "title =", "titel ="),
        "cautions.toml [contrast-reaction]",
        "title: missing",
    ),
    (
        "an empty text",
        lambda d: replace(d, "cautions.toml", 'title = "Pregnancy"', 'title = ""'),
        "cautions.toml [pregnancy]",
        "title: is empty",
    ),
    (
        "an unknown column",
        lambda d: replace(d, "units.csv", "factor", "faktor"),
        "units.csv line 1",
        "unknown column 'faktor'",
    ),
    (
        "a missing column",
        lambda d: replace(d, "units.csv", "factor", "faktor"),
        "units.csv line 1",
        "column 'factor' is missing",
    ),
    (
        "too many cells",
        lambda d: append(d, "units.csv", "dL,volume,100,,yes,again"),
        "units.csv line",
        "6 cells, 5 are expected",
    ),
    (
        "too few cells",
        lambda d: append(d, "units.csv", "dL,volume"),
        "units.csv line",
        "2 cells, 5 are expected",
    ),
    (
        "a unit of volume without a factor",
        lambda d: append(d, "units.csv", "kL,volume,,,yes"),
        "units.csv line",
        "volume and time need a factor",
    ),
    (
        "a factor of zero",
        lambda d: append(d, "units.csv", "kL,volume,0,,yes"),
        "units.csv line",
        "'0' is not above zero",
    ),
    (
        "a unit given twice",
        lambda d: append(d, "units.csv", "ML,volume,1,,yes"),
        "units.csv line",
        "'ML' stands already at units.csv line 2",
    ),
    (
        "a vessel that holds less than it holds",
        lambda d: append(d, "units.csv", "jug,volume,500,400,no"),
        "units.csv line",
        "factor_to must be more than factor",
    ),
    (
        "a time from one number to another",
        lambda d: append(d, "units.csv", "shift,time,8,12,no"),
        "units.csv line",
        "only a unit of volume may be from one number to another",
    ),
    (
        "an address that is none",
        lambda d: replace(d, "edition.toml", "https://acsearch.acr.org", "acsearch.acr.org"),
        "edition.toml",
        "is not an https address",
    ),
    (
        "a year that is none",
        lambda d: replace(d, "edition.toml", 'year = "2020"', 'year = "MMXX"'),
        "edition.toml",
        "'MMXX' is not a whole number",
    ),
    (
        "a file that is not UTF-8",
        lambda d: (d / "units.csv").write_bytes(b"unit,kind\n\xff\xfe"),
        "units.csv",
        "not encoded in UTF-8",
    ),
    (
        "a file that is not CSV",
        lambda d: append(d, "units.csv", '"never closed'),
        "units.csv",
        "not readable as CSV",
    ),
    (
        "a section that is no section",
        lambda d: replace(d, "edition.toml", "topic =", "[topic]\nname ="),
        "edition.toml",
        "topic: text expected",
    ),
    (
        "a file encoded in UTF-16",
        lambda d: (d / "units.csv").write_text("unit,kind,factor,is_ucum", encoding="utf-16"),
        "units.csv",
        "encoded in UTF-16: save the file as CSV UTF-8",
    ),
    (
        "a TOML file that is not UTF-8",
        lambda d: (d / "advice.toml").write_bytes(b"[step]\nkind = '\xff'"),
        "advice.toml line 2",
        "not encoded in UTF-8: save the file as UTF-8",
    ),
    (
        "a limit below zero",
        lambda d: replace(d, "definitions.toml", 'value = "200"', 'value = "-200"'),
        "definitions.toml [volume-24h-massive]",
        "value: '-200' is not a number",
    ),
    (
        "a limit without an end",
        lambda d: replace(d, "definitions.toml", 'value = "200"', 'value = "Infinity"'),
        "definitions.toml [volume-24h-massive]",
        "value: 'Infinity' is not a number",
    ),
    (
        "text where a section is expected",
        lambda d: replace(d, "advice.toml", "[check-first]", 'check = "first"\n[check-first]'),
        "advice.toml",
        "",
    ),
    (
        "a manifest without files",
        lambda d: (d / "codelists/manifest.toml").write_text(""),
        "codelists/manifest.toml",
        "section [files] is missing",
    ),
]
