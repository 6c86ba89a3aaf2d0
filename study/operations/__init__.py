"""Operations: what can be done with a store and its studies, a noun a file.

Each is a function of an open store with a frozen, typed result, whose ``to_dict`` is what ``--json`` prints. None
prints, asks, ends the process or answers a signal: the command line, Python and any other door call the same ones.
"""
