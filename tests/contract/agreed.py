"""The values that this service has agreed to use, written down once more and independently of it."""

INDICATORS = frozenset({"info", "warning", "critical"})
SELECTION_BEHAVIORS = frozenset({"any", "at-most-one"})
ACTION_TYPES = frozenset({"create", "update", "delete"})
LINK_TYPES = frozenset({"absolute", "smart"})
REQUEST_INTENTS = frozenset(
    {
        "proposal", "plan", "directive", "order", "original-order",
        "reflex-order", "filler-order", "instance-order", "option",
    }
)  # fmt: skip

VARIANTS = frozenset({"massive", "nonmassive", "recurrent", "undetermined"})
CATEGORIES = frozenset({"usually-appropriate", "may-be-appropriate", "usually-not-appropriate"})
OVERRIDE_REASONS = frozenset(
    {
        "specialist-requested", "special-circumstances", "prior-study-inadequate", "patient-preference",
        "radiologist-advised", "contrast-contraindicated", "not-hemoptysis", "already-done", "other",
        "seen-and-treated", "not-unstable-on-examination", "chart-is-wrong",
    }
)  # fmt: skip

CODE_SYSTEMS = {
    "hemoptysis-variant": VARIANTS,
    "acr-appropriateness-category": CATEGORIES,
    "override-reason": OVERRIDE_REASONS,
}

PAMA_SYSTEM = "http://fhir.org/argonaut/CodeSystem/pama-rating"
PAMA_CATEGORIES = {
    "appropriate": frozenset({"usually-appropriate", "may-be-appropriate"}),
    "not-appropriate": frozenset({"usually-not-appropriate", "may-be-appropriate"}),
    "no-criteria-apply": frozenset[str](),
}

RATING = "http://fhir.org/argonaut/Extension/pama-rating"
CONSULT_ID = f"{RATING}-consult-id"
AUC_APPLIED = f"{RATING}-auc-applied"
QCDSM_CONSULTED = f"{RATING}-qcdsm-consulted"
RATING_VALUES = {
    RATING: "valueCodeableConcept",
    CONSULT_ID: "valueUri",
    AUC_APPLIED: "valueUri",
    QCDSM_CONSULTED: "valueString",
}

SERVICES = {
    "hemoptysis-imaging-order-select": "order-select",
    "hemoptysis-imaging-order-sign": "order-sign",
    "hemoptysis-imaging-patient-view": "patient-view",
}
PREFETCH_KEYS = frozenset(
    {
        "patient", "conditions", "bleeding", "vitals", "vital-signs", "labs", "pregnancy",
        "procedures", "allergies", "medications", "administrations", "imaging", "encounter",
    }
)  # fmt: skip

ISSUE_CODES = {
    400: frozenset({"structure", "required", "value"}),
    401: frozenset({"login"}),
    403: frozenset({"forbidden"}),
    404: frozenset({"not-found"}),
    405: frozenset({"not-supported"}),
    408: frozenset({"timeout"}),
    412: frozenset({"incomplete"}),
    413: frozenset({"too-long"}),
    415: frozenset({"not-supported"}),
    429: frozenset({"throttled"}),
    431: frozenset({"too-long"}),
    500: frozenset({"exception"}),
    503: frozenset({"transient"}),
}
