"""How a fault of the program itself is told: where in the code, and nothing of what it was working on."""


def described(fault: BaseException) -> str:
    """The kind of error and the last places in the code.

    CAUTION: the error's own text, which a traceback prints, can quote the chart.
    """
    places = []
    traceback = fault.__traceback__
    while traceback is not None:
        places.append(f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return f"{type(fault).__name__} at {' > '.join(places[-4:])}"
