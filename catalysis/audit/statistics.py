"""Chapter 6 of the audit: batch sizes, experiments, and what was only measured."""

from __future__ import annotations

from catalysis.audit.claims import AuditVerdict, Claim, not_examined

CHAPTER = "statistics"

CLAIMS = (
    Claim(
        "small-batches",
        CHAPTER,
        "Smaller batches give more catapults (Zhu, Liu, Radhakrishnan, Belkin).",
        "Not yet.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("rests on the certified comparison of batch sizes, which is not connected yet"),
    ),
    Claim(
        "other-experiments",
        CHAPTER,
        "The same was seen in fully connected networks, CNNs, WideResNets and ViTs.",
        "Nothing: other people's experiments on other networks.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("experiments of others on networks for which no reduced map is known"),
    ),
    Claim(
        "generalisation",
        CHAPTER,
        "Large learning rates and catapults lead to better solutions (implicit bias, feature learning).",
        "Nothing: the reduced maps say nothing about unseen data.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("a statement about the population loss, which no training dynamics alone decides"),
    ),
)
