"""Statistics from the records alone (DOMAIN §3.2, §4.10 L17 and L18).

`facts(case)` is what is kept of a case, `count` makes the numbers of a period from the facts of
all cases, `true_report` and `published` say what of them is shown, `volumes` describes minutes.
Definitions are data: schemas/statistics/indicators.
"""

from lambdas.casework.statistics.counting import Counted, count
from lambdas.casework.statistics.facts import FACTS_VERSION, CaseFacts, facts
from lambdas.casework.statistics.figures import Figures
from lambdas.casework.statistics.periods import NotAPeriodError, Period
from lambdas.casework.statistics.publication import Report, published, true_report
from lambdas.casework.statistics.volumes import Measuring, Volume, volumes

__all__ = [
    "FACTS_VERSION",
    "CaseFacts",
    "Counted",
    "Figures",
    "Measuring",
    "NotAPeriodError",
    "Period",
    "Report",
    "Volume",
    "count",
    "facts",
    "published",
    "true_report",
    "volumes",
]
