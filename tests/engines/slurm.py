"""A Slurm of one machine, for the tests alone: Debian's munge, slurmctld, slurmd and slurmdbd, with files in a folder.

It may have several nodes, which are this machine each."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from support import eventually

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
CONFIG = """\
ClusterName=loupe
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=2
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=5
{accounting}
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=20
ReturnToService=2
SwitchType=switch/none
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
"""


ACCOUNTS = ("slurmdbd", "mariadbd", "mariadb-install-db")
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory={memory} State=UNKNOWN"
)
NO_ACCOUNTS = "AccountingStorageType=accounting_storage/none"
KEPT_ACCOUNTS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge/socket
MinJobAge=2"""
DATABASE_CONFIG = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={storage}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""


def missing(tools: Sequence[str] = TOOLS) -> list[str]:
    return [tool for tool in tools if not _path(tool)]


def _path(tool: str) -> str | None:
    return shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@dataclass
class Slurm:
    """Its programs run in the foreground as children of this process, so that none of them is left behind."""

    folder: Path
    nodes: int = 1
    cpus: int = os.cpu_count() or 1  # of each
    keeps_accounts: bool = False
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def begin(self) -> None:
        for name in ("munge", "state", *(f"spool-{name}" for name in self.names)):
            (self.folder / name).mkdir(mode=0o711, parents=True)
        (self.folder / "munge").chmod(0o755)
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        host = socket.gethostname().partition(".")[0]
        sizes = {"cpus": self.cpus, "memory": _megabytes(), "host": host}
        nodes = [NODE.format(name=name, port=free_port(), **sizes) for name in self.names]
        port = free_port()
        accounts = KEPT_ACCOUNTS.format(port=port, folder=self.folder) if self.keeps_accounts else NO_ACCOUNTS
        told = {"host": host, "folder": self.folder, "controller": free_port(), "accounting": accounts}
        self.config.write_text(CONFIG.format(nodes="\n".join(nodes), **told))
        self.start_munge()
        if self.keeps_accounts:
            self._keep_accounts(port)
        self.start("slurmctld", "-D", "-i")
        for name in self.names:
            self.start("slurmd", "-D", "-N", name, name=name)
        up = ["idle"] * self.nodes
        eventually(lambda: self.ask("sinfo", "--noheader", "-N", "--format=%T").split() == up, "no node came up")

    @property
    def names(self) -> list[str]:
        return [f"n{number}" for number in range(1, self.nodes + 1)]

    def _keep_accounts(self, port: int) -> None:
        storage, data, config = free_port(), self.folder / "mariadb", self.folder / "slurmdbd.conf"
        data.mkdir()
        _run("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal")
        first = self.folder / "first.sql"
        first.write_text("CREATE DATABASE slurm;\nGRANT ALL ON slurm.* TO slurm@localhost IDENTIFIED BY 'slurm';\n")
        where = (f"--datadir={data}", f"--socket={data / 'socket'}", f"--port={storage}", f"--pid-file={data / 'pid'}")
        self.start(
            "mariadbd", "--no-defaults", "--user=root", "--bind-address=127.0.0.1", f"--init-file={first}", *where
        )
        eventually(lambda: _answers(storage), "no MariaDB came up")
        config.write_text(DATABASE_CONFIG.format(folder=self.folder, port=port, storage=storage))
        config.chmod(0o600)
        self.start("slurmdbd", "-D")
        eventually(lambda: _answers(port), "no slurmdbd came up")
        self.ask("sacctmgr", "--immediate", "add", "cluster", "loupe")

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

    def start(self, tool: str, *words: str, name: str = "") -> None:
        name = name or tool
        with (self.folder / f"{name}.out").open("ab") as output:
            command = [str(_path(tool)), *words]
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
        for name in (*self.names, "slurmctld", "slurmdbd", "mariadbd", "munged"):
            if name in self.running:
                self.running[name].terminate()
                with suppress(subprocess.TimeoutExpired):
                    self.running[name].wait(20)
                self.kill(name)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _run(tool: str, *words: str) -> None:
    subprocess.run([str(_path(tool)), *words], check=True, capture_output=True)


def _megabytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 // 2
