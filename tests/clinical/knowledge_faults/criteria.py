"""Faults of the ratings, the definitions, the sources, the advice and the cautions."""

from tests.clinical.knowledge_faults.fault import Fault, append, replace

FAULTS: list[Fault] = [
    (
        "unknown procedure in a rating",
        lambda d: append(
            d, "ratings.csv", "ct-head,massive,usually-appropriate,,,project,x,x,single-extract,"
        ),
        "ratings.csv line",
        "'ct-head' is not a rated procedure",
    ),
    (
        "rating of a procedure that the topic does not rate",
        lambda d: append(
            d, "ratings.csv", "mri-chest,massive,usually-not-appropriate,,,project,x,x,single-extract,"
        ),
        "ratings.csv line",
        "'mri-chest' is not a rated procedure",
    ),
    (
        "unknown variant",
        lambda d: replace(d, "ratings.csv", "radiography-chest,massive", "radiography-chest,huge"),
        "ratings.csv line 2",
        "'huge' is not one of massive",
    ),
    (
        "a procedure not rated in a variant",
        lambda d: replace(
            d, "ratings.csv", "cta-chest-with-contrast,recurrent", "radiography-chest,recurrent"
        ),
        "ratings.csv",
        "variant recurrent rates cta-chest-with-contrast 0 times",
    ),
    (
        "a procedure rated twice in a variant",
        lambda d: replace(
            d, "ratings.csv", "cta-chest-with-contrast,recurrent", "radiography-chest,recurrent"
        ),
        "ratings.csv",
        "variant recurrent rates radiography-chest 2 times",
    ),
    (
        "a score out of the band of its category",
        lambda d: replace(d, "ratings.csv", "usually-appropriate,7,", "usually-appropriate,6,"),
        "ratings.csv line 4",
        "score 6 is not in the band of usually-appropriate",
    ),
    (
        "a score that is none",
        lambda d: replace(d, "ratings.csv", "usually-appropriate,7,", "usually-appropriate,10,"),
        "ratings.csv line 4",
        "score: '10' is not one of",
    ),
    (
        "a score without a source",
        lambda d: replace(d, "ratings.csv", "7,acr-ratings-appendix", "7,"),
        "ratings.csv line 4",
        "a score needs its score_source",
    ),
    (
        "unknown source of a rating",
        lambda d: replace(d, "ratings.csv", "acr-criteria-extract", "hearsay"),
        "ratings.csv line 2",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "unknown source of a definition",
        lambda d: replace(d, "definitions.toml", '"kathuria-2020"', '"hearsay"'),
        "definitions.toml [rate-massive]",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "unknown source of the edition",
        lambda d: replace(d, "edition.toml", '"acr-hemoptysis-2020"', '"hearsay"'),
        "edition.toml",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "a definition that is missing",
        lambda d: replace(d, "definitions.toml", "[episode-gap]", "[severity-gap]"),
        "definitions.toml",
        "[episode-gap] is missing",
    ),
    (
        "a definition that nobody asks for",
        lambda d: replace(d, "definitions.toml", "[episode-gap]", "[severity-gap]"),
        "definitions.toml [severity-gap]",
        "'severity-gap' is not one of",
    ),
    (
        "a definition given twice",
        lambda d: append(d, "definitions.toml", '[episode-gap]\nvalue = "2"'),
        "definitions.toml",
        "not readable as TOML",
    ),
    (
        "a value that is no number",
        lambda d: replace(d, "definitions.toml", 'value = "200"', 'value = "many"'),
        "definitions.toml [volume-24h-massive]",
        "value: 'many' is not a number",
    ),
    (
        "a value not written as text, which would lose its digits",
        lambda d: replace(d, "definitions.toml", 'value = "200"', "value = 200.0"),
        "definitions.toml [volume-24h-massive]",
        "value: text expected",
    ),
    (
        "a unit that is not UCUM",
        lambda d: replace(d, "definitions.toml", 'unit = "mL"', 'unit = "cc"'),
        "definitions.toml [volume-24h-massive]",
        "unit 'cc' is not a UCUM unit",
    ),
    (
        "a window in a unit that is no time",
        lambda d: replace(d, "definitions.toml", 'unit = "d"', 'unit = "mL"'),
        "definitions.toml [indication-window]",
        "the unit must be min or h or d",
    ),
    (
        "a period in another unit than the code reads",
        lambda d: replace(d, "definitions.toml", 'value = "18"\nunit = "a"', 'value = "18"\nunit = "d"'),
        "definitions.toml [adult-age]",
        "the unit must be a",
    ),
    (
        "a volume in another unit than the code compares in",
        lambda d: replace(d, "definitions.toml", 'value = "200"\nunit = "mL"', 'value = "0.2"\nunit = "L"'),
        "definitions.toml [volume-24h-massive]",
        "the unit must be mL",
    ),
    (
        "a limit that is crossed the other way",
        lambda d: replace(d, "definitions.toml", 'comparison = "<"', 'comparison = ">"'),
        "definitions.toml [oxygen-saturation-low]",
        "the comparison must be <",
    ),
    (
        "the source of the critical card is gone",
        lambda d: replace(d, "sources.toml", "[teaching-page-205]", "[another-page]"),
        "sources.toml",
        "[teaching-page-205] is missing",
    ),
    (
        "the other source of the critical card is gone",
        lambda d: replace(d, "sources.toml", "[cirse-2022]", "[another-page]"),
        "sources.toml",
        "[cirse-2022] is missing",
    ),
    (
        "a source without a short title",
        lambda d: replace(d, "sources.toml", 'short_title = "CIRSE 2022"\n', ""),
        "sources.toml [cirse-2022]",
        "short_title: missing",
    ),
    (
        "a reason to override mapped twice",
        lambda d: append(d, "nonadherence.csv", "already-done,x,y,z"),
        "nonadherence.csv line",
        "'already-done' stands already at",
    ),
    (
        "a study that the cards name is gone",
        lambda d: replace(d, "procedures.csv", "ct-chest-without-contrast,", "native-ct-chest,"),
        "procedures.csv",
        "ct-chest-without-contrast must be there and rated",
    ),
    (
        "advice of a kind that the code does not know",
        lambda d: replace(d, "advice.toml", 'kind = "massive-not-excluded"', 'kind = "mild"'),
        "advice.toml [check-first]",
        "kind",
    ),
    (
        "a note about a variant that the criteria do not have",
        lambda d: replace(d, "advice.toml", 'variant = "recurrent"', 'variant = "frequent"'),
        "advice.toml [recurrent-ct-with]",
        "variant: 'frequent' is not one of massive, recurrent, nonmassive",
    ),
    (
        "advice without a known source",
        lambda d: replace(d, "advice.toml", 'source = "patient-leaflet"', 'source = "hearsay"'),
        "advice.toml [large-amounts]",
        "'hearsay' is not in sources.toml",
    ),
    (
        "a caution that is missing",
        lambda d: replace(d, "cautions.toml", "[thyroid]", "[goiter]"),
        "cautions.toml",
        "[thyroid] is missing",
    ),
]
