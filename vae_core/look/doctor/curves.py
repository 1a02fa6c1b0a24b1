"""Rules about how the losses went, epoch by epoch."""

from __future__ import annotations

import numpy as np

from vae_core.look.doctor.case import Case
from vae_core.look.doctor.finding import HINT, Fault, Finding, Repair
from vae_core.words import plural

WORSE = 0.02  # of the best loss: the last epoch is worse than chance makes it
JUMP = 0.1  # of the loss, from one epoch to the next, while training does not rise
STEADY = 0.02  # training may rise by that much and not count as risen
GAP = 0.15  # between validation and training
MOMENTUM = 0.99  # of Keras' batch norm
LEFT = 0.01  # share of a statistic's first value that is still in it
SAME = 1e-6  # of a value: numbers that do not change
OVER = 0.015  # by which validation has risen while training fell
FALLING = 0.003  # of the loss, an epoch, over the last fifth
RISEN = 0.02  # of its least value that the training loss has risen
RESTLESS = 0.25  # of the epochs in which the training loss rose
BUMP = 0.01  # of the loss: a rise that counts as one
STEEP = 0.5  # the last third's fall as a share of the first third's: it has not bent
TAIL = 5  # a fifth of the epochs is looked at
SLOWEST = 3e-5  # a rate below learns nothing in any usual time, with Adam
LAST_IS_NOT_BEST = Fault(
    "last-is-not-best",
    "The last epoch is not the best one",
    "Whoever keeps the last model, or quotes the last number, keeps a worse one than there was. This program kept "
    "the best epoch's model; all pictures and test numbers are that one's.",
    HINT,
)
BATCH_NORM_LAG = Fault(
    "batch-norm-lag",
    "Batch norm lags behind",
    "Batch norm scales by the batch while it trains, and by running means of the past while it is tested. Where "
    "the weights move quickly those means are out of date, and the tested model is not the trained one. Such an "
    "epoch says nothing about how good the layers are.",
)
CONSTANT = Fault(
    "validation-is-constant",
    "The validation loss never changes",
    "A model that learns changes its validation loss in every epoch, if only in the last digits. A number that "
    "stays the same is not measured on this model, or the model does not change.",
)
OVERFITTING = Fault(
    "overfitting",
    "It learns its training images by heart",
    "From that epoch on the model remembers instead of learning what images have in common. More images, a smaller "
    "model or dropout help; training longer does not.",
)
UNDERTRAINED = Fault(
    "undertrained",
    "It was still getting better",
    "Two models that were stopped on their way say nothing about which of them is better in the end.",
    HINT,
)
TOO_HIGH = Fault(
    "learning-rate",
    "The learning rate is too high",
    "The learning rate is the size of a step downhill. Steps that are too large jump over the valley, and the loss "
    "rises, dances, or stops being a number.",
)
TOO_LOW = Fault(
    "learning-rate",
    "The learning rate is too low",
    "The learning rate is the size of a step downhill. A loss that falls in a straight line instead of bending has "
    "steps so small that the training would take many times as long.",
)
NO_PATIENCE = Fault(
    "no-patience",
    "It stopped at the first setback",
    "A validation loss goes up and down by chance. Whoever stops at the first epoch that is no better stops by "
    "accident, often far from what the model can reach.",
)


def last_is_not_best(case: Case) -> Finding | None:
    total = case.total
    if len(total) < 3 or not np.isfinite(total).all():
        return None
    best = int(total.argmin())
    worse = (total[-1] - total[best]) / abs(total[best])
    if worse <= WORSE:
        return None
    return LAST_IS_NOT_BEST.seen(
        f"Validation was best in epoch {case.epochs[best]:.0f} ({total[best]:.2f} {case.unit}). The last epoch, "
        f"{case.epochs[-1]:.0f}, has {total[-1]:.2f}: {worse:.0%} worse.",
        case.curves("Loss", marks=((case.epochs[best], "best"), (case.epochs[-1], "last"))),
        _patience(case),
    )


def batch_norm_lag(case: Case) -> Finding | None:
    if not case.uses_batch_norm or len(case.history) < 2:
        return None
    jumps = _jumps(case)
    if jumps:
        return _jumped(case, jumps)
    few = case.steps is not None and MOMENTUM**case.steps > LEFT and case.total[-1] > (1 + GAP) * case.train[-1]
    return _few_steps(case) if few else None


def _jumps(case: Case) -> list[int]:
    """The places of the epochs in which validation jumped."""
    total, train = case.total, case.train
    found = [place for place in range(max(1, case.config.kl_warmup), len(total)) if _jumps_at(total, train, place)]
    went_on = len(found) == 1 and found[0] < len(total) // 2  # a training that has long gone on from its only jump
    return [] if went_on else found


def _jumped(case: Case, jumps: list[int]) -> Finding:
    total, train = case.total, case.train
    worst = max(jumps, key=lambda place: total[place] / total[place - 1])
    changes = {"learning_rate": case.config.learning_rate / 3, "schedule": "cosine"}
    return BATCH_NORM_LAG.seen(
        f"In epoch {case.epochs[worst]:.0f} the validation loss jumped from {total[worst - 1]:.2f} to "
        f"{total[worst]:.2f} {case.unit}, while the training loss went from {train[worst - 1]:.2f} to "
        f"{train[worst]:.2f}.",
        case.curves("Loss", marks=tuple((case.epochs[place], "jump") for place in jumps[:3])),
        Repair("Use smaller steps that fade out, so that the statistics keep up.", changes, afresh=True),
    )


def _few_steps(case: Case) -> Finding:
    longer = {"epochs": max(2, case.config.epochs) * 4}
    return BATCH_NORM_LAG.seen(
        f"After {case.steps} training steps the validation loss is {case.total[-1]:.2f} and the training loss "
        f"{case.train[-1]:.2f} {case.unit}: batch norm's running statistics still hold "
        f"{MOMENTUM ** (case.steps or 0):.0%} of where they began.",
        case.curves("Loss"),
        Repair("Train on: the statistics catch up with more steps.", longer),
    )


def _jumps_at(total: np.ndarray, train: np.ndarray, place: int) -> bool:
    rose = total[place] > (1 + JUMP) * total[:place].min() and total[place] > (1 + JUMP) * total[place - 1]
    return bool(rose and train[place] <= (1 + STEADY) * train[place - 1])


def validation_is_constant(case: Case) -> Finding | None:
    total = case.total
    if len(total) < 3 or not np.isfinite(total).all() or np.ptp(total) > SAME * max(1e-9, abs(total[0])):
        return None
    moved = np.ptp(case.train) > 1e-4 * abs(case.train[0])
    why = "while the training loss moves" if moved else "and the training loss hardly moves either"
    usual = {"learning_rate": 1e-3, "optimizer": "adam", "seed": case.config.seed + 1}
    return CONSTANT.seen(
        f"It is {total[0]:.6g} {case.unit} in all {len(total)} epochs, {why}.",
        case.curves("Loss"),
        Repair("Train it again here, with a usual learning rate: every epoch ends with the validation images.", usual),
    )


def overfitting(case: Case) -> Finding | None:
    total, train = case.total[case.settled], case.train[case.settled]
    if len(total) < 5 or not (np.isfinite(total).all() and np.isfinite(train).all()):
        return None
    best = int(total.argmin())
    after = total[best + 1 :][-max(3, len(total) // TAIL) :]
    if len(after) < 3 or np.median(after) <= (1 + OVER) * total[best] or train[-1] >= 0.995 * train[best]:
        return None
    epoch = case.epochs[case.settled][best]
    return OVERFITTING.seen(
        f"Since epoch {epoch:.0f} the training loss has fallen from {train[best]:.2f} to {train[-1]:.2f} "
        f"{case.unit}, while the validation loss has risen from {total[best]:.2f} to {np.median(after):.2f}.",
        case.curves("Loss", marks=((epoch, "best"),)),
        Repair("Train on all images.", {"train_size": 0}) if case.config.train_size > 0 else _patience(case),
    )


def undertrained(case: Case) -> Finding | None:
    total = case.total[case.settled]
    broke_off = case.state == "failed" or _stopped_early(case)
    if len(total) < 2 or not np.isfinite(total).all() or broke_off:
        return None
    last = max(1, len(total) // TAIL)
    drop = (total[-1 - last] - total[-1]) / last
    if int(total.argmin()) < len(total) - max(1, last) or drop <= FALLING * abs(total[-1]):
        return None
    return UNDERTRAINED.seen(
        f"Over the last {'epoch' if last == 1 else f'{last} epochs'} the validation loss fell by {drop:.2f} "
        f"{case.unit} in each, and it stands at {total[-1]:.2f}: the training ended before the model had learned all.",
        case.curves("Loss"),
        Repair("Go on for as many epochs again.", case.longer),
    )


def _stopped_early(case: Case) -> bool:
    return bool(case.config.patience) and len(case.history) < case.config.epochs


def rate_too_high(case: Case) -> Finding | None:
    rate = case.config.learning_rate
    seen = _too_high(case)
    if not seen:
        return None
    repair = Repair(f"Take steps of a tenth: {rate / 10:.2g}.", {"learning_rate": rate / 10}, afresh=True)
    return TOO_HIGH.seen(f"{seen} The learning rate is {rate:g}.", case.curves("Loss"), repair)


def _too_high(case: Case) -> str:
    if case.state == "failed" and "stopped being a number" in case.error:
        return case.error.split(". ")[0].rstrip(".") + "."
    train = case.train[case.settled]
    if len(train) < 3 or not np.isfinite(train).all():
        return ""
    risen = (train[-1] - train.min()) / abs(train.min())
    if risen > RISEN:
        return f"The training loss has risen from {train.min():.2f} to {train[-1]:.2f} {case.unit}."
    bumps = int((np.diff(train) > BUMP * np.abs(train[:-1])).sum())
    if bumps > RESTLESS * (len(train) - 1) and bumps > 2:
        return f"The training loss rose in {bumps} of {len(train) - 1} epochs."
    return ""


def rate_too_low(case: Case) -> Finding | None:
    train, rate = case.train[case.settled], case.config.learning_rate
    if len(train) < 6 or not np.isfinite(train).all():
        return None
    third = len(train) // 3
    first, last = train[0] - train[third], train[-1 - third] - train[-1]
    crawls = last > STEEP * first > 0 and train[-1] < train[0]
    asleep = rate <= SLOWEST or np.ptp(train) <= 1e-3 * abs(train[0])
    if not (crawls or (asleep and train[-1] <= train[0])):
        return None
    return TOO_LOW.seen(
        f"With a learning rate of {rate:g} the training loss went from {train[0]:.2f} to {train[-1]:.2f} "
        f"{case.unit} in {len(train)} epochs, and fell nearly as fast at the end as at the beginning.",
        case.curves("Loss"),
        Repair(f"Take steps ten times as large: {10 * rate:.2g}.", {"learning_rate": 10 * rate}, afresh=True),
    )


def learning_rate(case: Case) -> Finding | None:
    return rate_too_high(case) or rate_too_low(case)


def stopped_at_once(case: Case) -> Finding | None:
    if not 0 < case.config.patience <= 2 or not _stopped_early(case) or case.state != "done":
        return None
    best = int(np.nanargmin(case.total))
    return NO_PATIENCE.seen(
        f"The training was to end after {plural(case.config.patience, 'epoch')} without a "
        f"better validation loss, and did so in epoch {case.epochs[-1]:.0f} of {case.config.epochs}.",
        case.curves("Loss", marks=((case.epochs[best], "best"), (case.epochs[-1], "stopped"))),
        Repair("Wait for ten epochs without anything better.", {"patience": 10}, afresh=True),
    )


def _patience(case: Case) -> Repair:
    changes = {"patience": max(3, case.config.epochs // 10)}
    return Repair("Stop when validation has not been better for some epochs.", changes, afresh=True)
