"""A Slurm of one machine, for the tests alone: Debian's munge, slurmctld and slurmd, with their files in a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from support import eventually

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
CONFIG = """\
ClusterName=loupe
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=2
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=5
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=20
ReturnToService=2
SwitchType=switch/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"""


def missing() -> list[str]:
    return [tool for tool in TOOLS if not _path(tool)]


def _path(tool: str) -> str | None:
    return shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@dataclass
class Slurm:
    """Its programs run in the foreground as children of this process, so that none of them is left behind."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def begin(self) -> None:
        for name in ("munge", "state", "spool"):
            (self.folder / name).mkdir(mode=0o711, parents=True)
        (self.folder / "munge").chmod(0o755)
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        host = socket.gethostname().partition(".")[0]
        ports = {"controller": _free_port(), "node": _free_port()}
        sizes = {"cpus": os.cpu_count() or 1, "memory": _megabytes()}
        self.config.write_text(CONFIG.format(host=host, folder=self.folder, **ports, **sizes))
        self.start_munge()
        self.start("slurmctld", "-D", "-i")
        self.start("slurmd", "-D", "-N", host)
        eventually(lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%T"), "no node came up")

    @property
    def config(self) -> Path:
        return self.folder / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SLURM_CONF": str(self.config)}

    def start_munge(self) -> None:
        munge, words = self.folder / "munge", []
        for option, name in (("socket", "socket"), ("key-file", "key"), ("log-file", "log"), ("pid-file", "pid")):
            words.append(f"--{option}={munge / name}")
        self.start("munged", "--foreground", "--force", f"--seed-file={munge / 'seed'}", *words)
        eventually((munge / "socket").exists, "no munge came up")

    def start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            command = [str(_path(name)), *words]
            self.running[name] = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait()

    def ask(self, tool: str, *words: str) -> str:
        done = subprocess.run([str(_path(tool)), *words], env=self.environment, capture_output=True, text=True)
        return done.stdout

    def end(self) -> None:
        self.ask("scancel", "--me")
        deadline = time.monotonic() + 30
        while self.ask("squeue", "--noheader").strip() and time.monotonic() < deadline:
            time.sleep(0.2)
        for name in ("slurmd", "slurmctld", "munged"):
            if name in self.running:
                self.running[name].terminate()
                with suppress(subprocess.TimeoutExpired):
                    self.running[name].wait(20)
                self.kill(name)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _megabytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 // 2
