"""How far people agree, measured. Most of it needs NumPy and SciPy: only `calculator` loads that,
as a process of its own, so that neither the server nor the worker ever hold it.
"""
