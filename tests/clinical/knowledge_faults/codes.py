"""Faults of the procedures, the code lists and the words."""

from tests.clinical.knowledge_faults.fault import Fault, append, replace

FAULTS: list[Fault] = [
    (
        "one code in two procedures",
        lambda d: append(
            d, "codelists/order_codes.csv", "cpt,71275,mra-chest,no,no,no,no,CTA chest,one-source"
        ),
        "codelists/order_codes.csv line",
        "cpt 71275 stands already at codelists/order_codes.csv line 9",
    ),
    (
        "one code as an imaging study and as none",
        lambda d: append(d, "codelists/not_imaging.csv", "cpt,71275,CTA chest,one-source"),
        "codelists/not_imaging.csv line",
        "cpt 71275 stands already",
    ),
    (
        "an order code of an unknown procedure",
        lambda d: replace(d, "codelists/order_codes.csv", "cpt,71045,radiography-chest", "cpt,71045,xray"),
        "codelists/order_codes.csv line 2",
        "procedure 'xray' is not in procedures.csv",
    ),
    (
        "a canonical code that is no order code of the procedure",
        lambda d: replace(d, "procedures.csv", "71046", "71275"),
        "procedures.csv line 2",
        "cpt 71275 is not an order code of radiography-chest",
    ),
    (
        "a rated procedure without a CPT code",
        lambda d: replace(d, "procedures.csv", "71046", ""),
        "procedures.csv line 2",
        "needs a canonical CPT code",
    ),
    (
        "half a radiation level",
        lambda d: replace(d, "procedures.csv", "1,<0.1,", "1,,"),
        "procedures.csv line 2",
        "adult radiation needs both",
    ),
    (
        "CT angiography without contrast",
        lambda d: replace(
            d, "procedures.csv", "CTA with contrast,rated,cta,with,", "CTA without,rated,cta,without,"
        ),
        "procedures.csv line 5",
        "CT angiography is defined with contrast",
    ),
    (
        "a procedure given twice",
        lambda d: append(d, "procedures.csv", "mri-chest,MRI,MRI,not-in-topic,mri,unspecified,,,,,,,,"),
        "procedures.csv line",
        "'mri-chest' stands already",
    ),
    (
        "the complement is gone",
        lambda d: replace(d, "procedures.csv", "radiography-chest,", "radiograph,"),
        "procedures.csv",
        "radiography-chest must be there and rated",
    ),
    (
        "a code list that is missing",
        lambda d: (d / "codelists/copd.csv").unlink(),
        "codelists/copd.csv",
        "the file is missing",
    ),
    (
        "a code list without codes",
        lambda d: (d / "codelists/expectorated-blood.csv").write_text(
            "system,code,match,certainty,display,support\n"
        ),
        "codelists/expectorated-blood.csv",
        "no code is listed",
    ),
    (
        "a code list that no concept asks for",
        lambda d: append(d, "codelists/asthma.csv", "system,code,match,certainty,display,support"),
        "codelists/asthma.csv",
        "no such file is expected",
    ),
    (
        "a concept that the manifest does not describe",
        lambda d: replace(d, "codelists/manifest.toml", "[concepts.copd]", "[concepts.asthma]"),
        "codelists/manifest.toml",
        "[concepts.copd] is missing",
    ),
    (
        "a concept that does not exist",
        lambda d: replace(d, "codelists/manifest.toml", "[concepts.copd]", "[concepts.asthma]"),
        "codelists/manifest.toml [concepts.asthma]",
        "'asthma' is not one of",
    ),
    (
        "an unknown role",
        lambda d: replace(d, "codelists/manifest.toml", '["respiratory-symptom"]', '["symptom"]'),
        "codelists/manifest.toml [concepts.cough]",
        "roles: 'symptom' is not one of",
    ),
    (
        "a file that the manifest does not describe",
        lambda d: replace(d, "codelists/manifest.toml", "[files.terms]", "[files.words]"),
        "codelists/manifest.toml",
        "codelists/terms.csv is not described",
    ),
    (
        "an unknown code system",
        lambda d: replace(d, "codelists/cough.csv", "snomed,49727002", "snomedct,49727002"),
        "codelists/cough.csv line 2",
        "system 'snomedct' is not in systems.csv",
    ),
    (
        "one name for two systems",
        lambda d: replace(d, "codelists/systems.csv", "snomed snomed-ct", "loinc snomed-ct"),
        "codelists/systems.csv line 3",
        "is the name of another system too",
    ),
    (
        "a SNOMED CT code with a wrong check digit",
        lambda d: replace(d, "codelists/hemoptysis.csv", "66857006", "66857005"),
        "codelists/hemoptysis.csv line 2",
        "66857005 is not a valid snomed code",
    ),
    (
        "a SNOMED CT code damaged by a spreadsheet",
        lambda d: replace(d, "codelists/order_codes.csv", "16332841000119106", "16332841000119100"),
        "codelists/order_codes.csv line 110",
        "16332841000119100 is not a valid snomed code",
    ),
    (
        "a SNOMED CT description instead of a concept",
        lambda d: replace(d, "codelists/excluded.csv", "12441001", "12441002"),
        "codelists/excluded.csv line 2",
        "not a valid snomed code",
    ),
    (
        "a LOINC code with a wrong check digit",
        lambda d: replace(d, "codelists/egfr.csv", "98979-8", "98979-7"),
        "codelists/egfr.csv line 2",
        "98979-7 is not a valid loinc code",
    ),
    (
        "one code twice in a list",
        lambda d: append(d, "codelists/copd.csv", "icd-10-cm,j449,exact,definite,COPD,one-source"),
        "codelists/copd.csv line",
        "j449 stands twice in the list",
    ),
    (
        "a prefix in a system that has no categories",
        lambda d: replace(d, "codelists/cough.csv", "49727002,exact", "49727002,prefix"),
        "codelists/cough.csv line 2",
        "codes of this system do not match as a prefix",
    ),
    (
        "an excluded code that stands for a concept",
        lambda d: append(
            d, "codelists/hemoptysis.csv", "icd-10-cm,R04.81,exact,possible,Hemorrhage,one-source"
        ),
        "codelists/excluded.csv",
        "R04.81 is excluded but stands for hemoptysis",
    ),
    (
        "a term given twice, but for an accent",
        lambda d: append(d, "codelists/terms.csv", "hemoptysis,fr,definite,hemoptysie"),
        "codelists/terms.csv",
        "'hemoptysis hemoptysie' stands already",
    ),
    (
        "a term without a word of its own",
        lambda d: append(d, "codelists/terms.csv", "hemoptysis,en,definite,(+) not"),
        "codelists/terms.csv",
        "words: '(+) not' holds no word to look for",
    ),
    (
        "a term of an unknown concept",
        lambda d: append(d, "codelists/terms.csv", "asthma,en,definite,asthma"),
        "codelists/terms.csv",
        "concept: 'asthma' is not one of",
    ),
    (
        "a cue of an unknown kind",
        lambda d: append(d, "codelists/negations.csv", "beside,en,hardly"),
        "codelists/negations.csv",
        "kind: 'beside' is not one of",
    ),
    (
        "a study word with an unknown meaning",
        lambda d: append(d, "codelists/study_words.csv", "tomosynthesis,en,modality=tomosynthesis"),
        "codelists/study_words.csv",
        "'modality=tomosynthesis' is not a known meaning",
    ),
    (
        "a study rule for an unknown procedure",
        lambda d: append(d, "codelists/study_rules.csv", "other,chest,any,fluoroscopy-chest"),
        "codelists/study_rules.csv",
        "procedure 'fluoroscopy-chest' is not in procedures.csv",
    ),
    (
        "a study rule of unknown modalities",
        lambda d: append(d, "codelists/study_rules.csv", "tomosynthesis,chest,any,radiography-chest"),
        "codelists/study_rules.csv",
        "modalities: 'tomosynthesis' is not made of known modalities",
    ),
    (
        "words of a chart of an unknown kind",
        lambda d: append(d, "codelists/chart_words.csv", "color,en,red,"),
        "codelists/chart_words.csv",
        "kind: 'color' is not one of",
    ),
    (
        "an answer that is neither yes nor no",
        lambda d: append(d, "codelists/chart_words.csv", "answer,en,perhaps,maybe"),
        "codelists/chart_words.csv",
        "answer is read as yes or no",
    ),
    (
        "words that limit nothing",
        lambda d: append(d, "codelists/chart_words.csv", "comparator,fr,jusqu'à,"),
        "codelists/chart_words.csv",
        "comparator is read as < or <= or > or >=",
    ),
    (
        "a size that is read as something",
        lambda d: append(d, "codelists/chart_words.csv", "size,fr,énorme,yes"),
        "codelists/chart_words.csv",
        "size is read as small or some or large or unclear",
    ),
    (
        "a number that is read as none",
        lambda d: append(d, "codelists/chart_words.csv", "number,en,dozen,twelve"),
        "codelists/chart_words.csv",
        "number is read as a number, such as 2 or 0.5",
    ),
    (
        "words of a chart given twice",
        lambda d: append(d, "codelists/chart_words.csv", "size,fr,Massive,"),
        "codelists/chart_words.csv",
        "'size Massive' stands already",
    ),
    (
        "a kind of words without a word",
        lambda d: replace(d, "codelists/chart_words.csv", "elision,fr,d',\nelision,fr,l',\n", ""),
        "codelists/chart_words.csv",
        "nothing of the kind elision",
    ),
    (
        "a spelling of a unit that nothing is measured in",
        lambda d: append(d, "unit_spellings.csv", "psi,pound per square inch"),
        "unit_spellings.csv",
        "unit: 'psi' is not one of",
    ),
    (
        "a unit without a spelling",
        lambda d: replace(d, "unit_spellings.csv", "mm[Hg],mm[hg]\nmm[Hg],mmhg\n", ""),
        "unit_spellings.csv",
        "no spelling of mm[Hg]",
    ),
]
