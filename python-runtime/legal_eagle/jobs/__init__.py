"""The Python side of the job seam. Standard library only: a broken environment can still say what is wrong.

`context` and `errors` are public to the rest of the package; everything else is private to this folder.
"""
