"""Faults that somebody could make and a person would suffer from, and the tests that should notice each of them.

A fault is named by its function and a piece of text, not by a line, so that it fits later versions of the file too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    name: str
    path: str  # of the file, from the project's root
    function: str  # with its class before it: "Training.go"
    old: str  # stands once in that function
    new: str
    tests: tuple[str, ...]  # names of test functions, in whatever file they stand

    @property
    def told(self) -> str:
        return f"{self.function}: `{self.old}` becomes `{self.new}`"


FAULTS = (
    # Numbers.
    Fault(
        "kl-of-a-wrong-sign", "vae_core/learn/objective.py", "gaussian_kl",
        "- 1.0 - log_variance", "- 1.0 + log_variance",
        ("test_losses_that_are_computed_are_those_of_the_training",),
    ),
    Fault(
        "loss-per-image-told-as-per-pixel", "vae_core/learn/training.py", "Training._end_epoch",
        '"nats_per_pixel": position.best_value / self.config.pixels', '"nats_per_pixel": position.best_value',
        ("test_a_run_holds_all_that_is_promised",),
    ),
    Fault(
        "pca-around-one-grey", "vae_core/look/baselines.py", "_principal",
        "targets(pixels[place], binary) - mean", "targets(pixels[place], binary) - mean.mean()",
        ("test_pca_agrees_with_scikit_learn",),
    ),
    Fault(
        "codes-that-are-no-numbers-on-a-map", "vae_core/look/projection/features.py", "finite",
        "(np.abs(values) < 1e15).all(axis=1)", "~(np.abs(values) >= 1e15).any(axis=1)",
        ("test_what_is_not_finite_is_left_out_and_counted", "test_nothing_but_nan_is_a_sentence"),
    ),
    Fault(
        "points-of-other-images", "vae_core/look/projection/images.py", "choose",
        "take(image[half == each]) for each in halves]", "take(image[half == each]) for each in reversed(halves)]",
        ("test_every_point_is_its_own_image_whatever_the_halves",),
    ),
    Fault(
        "squared-errors-are-told-in-nats", "vae_core/design/naming.py", "measure",
        "return SQUARED if plain else NATS", "return NATS",
        ("test_list_and_show_tell_a_loss_in_its_unit",),
    ),
    Fault(
        "a-number-that-moves-is-said-to-stand-still", "ui/components/plane/payload.py", "dimensions",
        "{size - 2} numbers", "{size - 1} numbers",
        ("test_two_numbers_of_a_code_are_told_by_their_place_and_the_others_counted",),
    ),
    Fault(
        "what-is-left-out-of-a-map-is-not-counted", "ui/components/plane/payload.py", "data",
        "int(len(sound) - sound.sum())", "int(len(sound) // sound.sum())",
        ("test_codes_that_are_no_numbers_are_left_out_and_counted",),
    ),
    Fault(
        "a-reports-squared-error-in-nats-is-too-large", "ui/losses.py", "report_unit",
        "config.pixels / (2", "config.pixels * (2",
        ("test_a_reports_unit_in_nats_per_image",),
    ),
    Fault(
        "a-true-map-is-said-to-mislead", "vae_core/look/projection/sentences.py", "honesty",
        'spec.method == "pca"', 'spec.method != "pca"',
        ("test_what_is_said_of_a_map_and_no_more",),
    ),
    # Which images.
    Fault(
        "a-fold-is-foretold-to-hold-out-everything", "vae_core/data/splits.py", "expected",
        "whole // int(split", "whole | int(split",
        ("test_what_is_foretold_is_what_comes",),
    ),
    Fault(
        "a-group-of-twice-the-share-trains", "vae_core/data/splits.py", "_last",
        "<= 2 * wanted", "< 2 * wanted",
        ("test_a_group_of_just_twice_the_share_is_held_back_and_a_larger_one_is_not",),
    ),
    Fault(
        "the-test-images-choose-the-score", "vae_core/look/separation/__init__.py", "_chosen",
        'rows[place]["held_auroc"]', 'rows[place]["auroc"]',
        ("test_a_score_that_only_the_test_images_favour_is_not_chosen",),
    ),
    Fault(
        "one-image-too-few-validates", "vae_core/data/splits.py", "hold_back",
        "mask[len(ordered) - wanted :]", "mask[len(ordered) - wanted + 1 :]",
        ("test_shuffled_is_the_stated_permutation", "test_tail_keeps_file_order"),
    ),
    Fault(
        "a-fold-trains-on-what-validates-it", "vae_core/data/splits.py", "_fold",
        "Split(picked[~held_back], ", "Split(picked, ",
        ("test_every_image_is_in_one_fold_and_groups_stay_together",),
    ),
    Fault(
        "the-last-batch-of-an-epoch-is-lost", "vae_core/design/config.py", "Config.steps_an_epoch",
        "-(-images // self.batch)", "images // self.batch",
        ("test_the_stand_alone_program_takes_the_same_first_epoch",),
    ),
    Fault(
        "denoising-without-noise", "vae_core/learn/steps.py", "Steps._corrupt",
        "pictures + level * noise", "pictures + 0.0 * level * noise",
        ("test_another_network_or_noise_gets_a_graph_of_its_own",
         "test_noise_is_laid_on_what_goes_in_and_not_on_what_is_wanted"),
    ),
    Fault(
        "a-straight-map-without-its-constant", "vae_core/look/worth/fit.py", "Fit.weights",
        "kernel, constants = found[:-1], found[-1]", "kernel, constants = found[:-1], 0 * found[-1]",
        ("test_a_straight_convolution_is_what_least_squares_finds",),
    ),
    # The course of a training.
    Fault(
        "the-last-epoch-is-kept-for-the-best", "vae_core/learn/position.py", "Position.close_epoch",
        "if value < self.best_value * (1 if self.best_epoch else BETTER):", "if np.isfinite(value):",
        ("test_early_stopping_waits_for_its_patience",),
    ),
    Fault(
        "a-snapshot-bears-the-number-before", "vae_core/learn/training.py", "Training._look",
        "self.data, position.epoch)", "self.data, position.epoch - 1)",
        ("test_a_run_holds_all_that_is_promised",),
    ),
    Fault(
        "stop-is-seen-only-between-epochs", "vae_core/learn/training.py", "Training._train_epoch",
        "if self.run.stop_requested():", "if position.step == 0 and self.run.stop_requested():",
        ("test_stopping_in_mid_epoch_and_resuming_changes_nothing",),
    ),
    Fault(
        "a-resume-takes-the-epochs-steps-again", "vae_core/learn/position.py", "load_position",
        "state.numbers[name] for name", 'state.numbers[name] * (name != "step") for name',
        ("test_stopping_in_mid_epoch_and_resuming_changes_nothing",),
    ),
    Fault(
        "a-trial-begins-with-the-last-ones-weights", "vae_core/learn/kept.py", "KeptSteps.fresh",
        "steps.restore(state)", "del state",
        ("test_a_kept_graph_trains_as_a_new_one_would",),
    ),
    Fault(
        "a-diverged-run-keeps-nothing", "vae_core/learn/training.py", "Training.go",
        "self._keep_best()", "pass",
        ("test_a_loss_that_is_no_number_keeps_the_best_epoch_before_it",),
    ),
    Fault(
        "the-worst-trial-wins", "vae_core/search/queue.py", "Queue.best",
        "min(done", "max(done",
        ("test_only_the_winner_has_looked_at_the_test_images",),
    ),
    # Processes and files.
    Fault(
        "a-run-is-started-without-its-lock", "vae_core/runs/jobs.py", "start",
        "with locks.exclusive(run.guard):", "with nullcontext():",
        ("test_two_that_start_one_run_get_one_process",),
    ),
    Fault(
        "who-looks-at-a-lock-is-taken-for-its-holder", "vae_core/runs/locks.py", "_held",
        "fcntl.LOCK_SH | fcntl.LOCK_NB", "fcntl.LOCK_EX | fcntl.LOCK_NB",
        ("test_looking_at_a_lock_takes_it_from_nobody",),
    ),
    Fault(
        "a-killed-run-is-running-for-ever", "vae_core/runs/work.py", "Work.state_by",
        'return now if now != "interrupted" or again == status', 'return state if again == status',
        ("test_a_killed_job_is_interrupted_and_can_be_started_again", "test_a_dead_trainer_is_shown_as_interrupted"),
    ),
    Fault(
        "the-queue-knows-no-turns", "vae_core/runs/slots.py", "in_order",
        "(served.get(_owner(name), 0), name)", "name",
        ("test_the_order_of_the_queue",),
    ),
    Fault(
        "a-full-disk-is-not-told", "vae_core/runs/work.py", "Work.set_status",
        "files.overwrite_json(path, status)", "pass",
        ("test_the_sentence_about_a_full_disk_can_still_be_written", "test_a_full_disk_and_one_that_is_read_only"),
    ),
    Fault(
        "an-import-writes-outside-its-folder", "vae_core/runs/transfer.py", "_check_member",
        ' or ".." in name.split("/")', "",
        ("test_form_10_a_file_that_is_none_of_a_run",),
    ),
    # Pages.
    Fault(
        "a-double-click-trains-twice", "ui/serving/turn.py", "Turn.once",
        "with self.lock:", "with RLock():",
        ("test_clicks_at_once_train_one_model", "test_clicks_at_once_fork_once"),
    ),
    Fault(
        "the-address-names-no-run", "ui/choice.py", "chosen_run",
        "st.query_params.get(PARAMETER) or st.session_state.get(KEY)", "st.session_state.get(KEY)",
        ("test_the_first_page_that_a_fresh_server_shows_stands_in_its_frame", "test_a_page_with_a_run"),
    ),
    Fault(
        "a-run-is-found-by-the-name-of-another", "ui/cached/__init__.py", "find",
        "by_name().get(run_id)", "next((run for name, run in by_name().items() if name >= run_id), None)",
        ("test_each_run_is_found_by_its_own_name_and_no_other",),
    ),
    Fault(
        "the-first-model-walks-for-all", "ui/compare/walk.py", "show",
        "Walker(side.view, side.name", "Walker(sides[0].view, side.name",
        ("test_one_cursor_drives_both_models_without_a_word_to_the_server",),
    ),
    Fault(
        "a-name-is-markup", "ui/pixels.py", "title",
        "</span>{escape(name)}</div>", "</span>{name}</div>",
        ("test_names_cannot_become_markup",),
    ),
    Fault(
        "an-old-comparison-stays", "ui/cached/__init__.py", "comparison",
        "(born_at(a), born_at(b), *names), known)", "(born_at(a), born_at(b), *names), ())",
        ("test_one_button_trains_further_pairs_until_it_is_settled",),
    ),
    Fault(
        "a-data-sets-images-are-half-as-high", "ui/data/browse.py", "_strip",
        "height:var(--high);", "height:calc(var(--high) / 2);",
        ("test_a_page_looks_as_it_was_kept",),
    ),
    # In the browser.
    Fault(
        "the-kernel-pools-rows-for-columns", "ui/components/shared/kernel.c", "pool",
        "(y * width + x) * channels", "(x * width + y) * channels",
        ("test_the_rebuilt_kernel_computes_what_keras_does",),
    ),
    Fault(
        "a-worker-is-never-closed", "ui/components/shared/decoder.js", "Decoder.close",
        "this.worker?.terminate();", "",
        ("test_a_slow_decoder_moves_to_a_worker_and_leaves_none_behind",),
    ),
)  # fmt: skip
