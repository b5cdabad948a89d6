"""Why something must change: pure decisions on plain data.

`World` is what is known, `reconcile` turns it into an `Outcome`, and nothing here waits, reads a clock or talks to
anybody. Every rule of the API that involves more than one object lives in this package and nowhere else.
"""
