"""Entry point of every job: `python -I -X utf8 <absolute>/run.py <job folder>`.

The descriptors a parent leaks (Electron leaks about 25: browser sockets, shared memory) are closed
before anything else runs: a surviving runner would keep the parent's helper processes alive, and model
code must never hold the browser's sockets. Python has read this whole file before it executes it.
"""

import os

# Not in a worker: multiprocessing imports this file again under another name, and its pipes are above 2.
if __name__ == "__main__":
    os.closerange(3, 65536)

import sys

# `-I` ignores PYTHONPATH and the working directory, so the package is found from this file alone.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

from legal_eagle.jobs.air_gap import close_network_if_asked

# Here, and not in `main`: a worker imports this file too.
close_network_if_asked()

if __name__ == "__main__":
    from legal_eagle.jobs.main import main

    sys.exit(main(sys.argv[1:]))
