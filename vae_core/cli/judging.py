"""Commands that judge a run: doctor, and the process that measures all metrics."""

from __future__ import annotations

from vae_core.cli.tasks import Teller
from vae_core.data.dataset import Dataset
from vae_core.look import metrics
from vae_core.look.metrics.subject import Judge
from vae_core.runs.tasks import Task


def measure(task: Task, tell: Teller) -> None:
    """The worker of an evaluation: the only part of it that may need TensorFlow is the data set's classifier."""

    def judge(dataset: Dataset) -> Judge | str:
        from vae_core.learn import classifier  # takes seconds

        return classifier.judge(dataset, task.settings)

    task.save(metrics.measure(task, tell, judge))
