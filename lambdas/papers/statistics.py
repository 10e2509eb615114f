"""The statistics as a workbook: the numbers that the API tells, in the cells of a layout."""

import logging
from io import BytesIO

from lambdas.api.call import MAX_CONTENT_BYTES, Call, Reply
from lambdas.api.problems import Problem
from lambdas.api.statistics import counted_for
from lambdas.api.tenant import tenant
from lambdas.papers.catalogue import OWN, Paper

_log = logging.getLogger("soudan")

# The municipality's own layout, beside its own papers.
_OWN_LAYOUT = "statistics.json"


def statistics_book(call: Call, paper: Paper) -> Reply:
    """The numbers of a fiscal year as an .xlsx file; reading them is in the trail. Raises
    Problem."""
    # Loaded by this alone: openpyxl takes longer to import than a PDF to set.
    from lambdas.papers import report_layout
    from lambdas.papers.report import write_report

    counted = counted_for(call, "xlsx", yearly=True)
    own = OWN / _OWN_LAYOUT
    try:
        layout = report_layout.read(own) if own.is_file() else report_layout.read()
    except report_layout.LayoutError as error:
        _log.error("%s layout %s cannot be used", call.request_id, _OWN_LAYOUT)
        raise RuntimeError("layout") from error
    kept = BytesIO()
    write_report(
        kept, counted.body(call), layout, municipality=tenant().municipality, baseline=None
    )
    content = kept.getvalue()
    if len(content) > MAX_CONTENT_BYTES:
        raise Problem("too-long-to-print")
    name = f"jisseki-{counted.period.text}-{counted.use}.xlsx"
    return Reply(body=content, headers={"Content-Disposition": f'attachment; filename="{name}"'})
