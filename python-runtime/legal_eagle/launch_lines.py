"""What to run on each machine of a run over several. Nothing is started: who may log in where is not ours."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.protocol.spec_types import RecipeHardware

# torchrun's own default.
MEETING_PORT = 29_500
_NAME = re.compile(r"\w(?:[\w.-]{0,251}\w)?", re.ASCII)
_IPV6 = re.compile(r"[\dA-Fa-f]{0,4}(?::[\dA-Fa-f]{0,4}){2,7}", re.ASCII)


def parse_hosts(text: str) -> list[str]:
    """Names or addresses of two machines or more, separated by commas. JobError `train.host_invalid`,
    `train.host_twice`, `train.hosts_too_few`."""
    hosts = [host.strip() for host in text.split(",")]
    for host in hosts:
        if not _NAME.fullmatch(host) and not _IPV6.fullmatch(host):
            raise _fault("host_invalid", f"{host!r} is no name and no address of a machine", text, host)
    for index, host in enumerate(hosts):
        if host.lower() in (one.lower() for one in hosts[:index]):
            raise _fault("host_twice", f"{host} is named twice", text, host)
    if len(hosts) < 2:
        raise _fault("hosts_too_few", f"{text!r} names one machine", text)
    return hosts


def launch_lines(
    hosts: Sequence[str], hardware: RecipeHardware, processes: int, words: Sequence[str]
) -> list[str]:
    """A command line for each of `hosts`; the first keeps the run folder. `words`: what follows `train`."""
    # UUIDs name cards of one machine.
    cards = [] if hardware["gpu"] == "auto" else ["--set", "hardware.gpu=auto"]
    return [
        shlex.join(
            [
                *("torchrun", "--nnodes", str(len(hosts)), "--node-rank", str(rank)),
                *("--nproc-per-node", str(processes)),
                *("--master-addr", hosts[0], "--master-port", str(MEETING_PORT)),
                *("-m", "legal_eagle", "train", *words, *cards),
            ]
        )
        for rank in range(len(hosts))
    ]


def _fault(code: str, message: str, hosts: str, host: str | None = None) -> JobError:
    params = {"hosts": hosts} if host is None else {"host": host, "hosts": hosts}
    return JobError(f"train.{code}", message, exit_code=EXIT_SPEC, params=params)
