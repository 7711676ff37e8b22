"""What a session must survive: 64 faults, by number, and the test that brings each of them about.

Some do no harm. What does ends in one line on stderr that says what to try, no traceback, and the exit code that
scripts can rely on. After all of them the last good checkpoint still loads. A note says where something else is done.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """A fault, the test that brings it about, and what is to be known about it."""

    what: str
    test: str  # file::function, here in tests/faults
    note: str = ""


BAD_FILE = "test_checkpoint_files::test_a_bad_checkpoint_is_one_line"
USAGE = "test_arguments::test_wrong_usage_is_exit_code_2"
CONFIG = "test_arguments::test_a_settings_file_that_cannot_be_used_is_exit_code_2"
DATA = "test_data::test_data_that_cannot_be_used_are_exit_code_1"

FAULTS = {
    # checkpoint files
    1: Fault("an empty file", BAD_FILE),
    2: Fault("a text file", BAD_FILE),
    3: Fault("a pickle", BAD_FILE),
    4: Fault("an array of objects", BAD_FILE),
    5: Fault("cut off at every byte", "test_checkpoint_files::test_a_file_cut_off_at_any_byte_is_refused"),
    6: Fault("one bit flipped anywhere", "test_checkpoint_files::test_a_flipped_bit_is_refused_or_changes_nothing"),
    7: Fault("a bit flipped in the length of a header", BAD_FILE),
    8: Fault("other names", BAD_FILE),
    9: Fault("a name twice", BAD_FILE),
    10: Fault("a member too many", BAD_FILE),
    11: Fault("a name that leads out of the folder", BAD_FILE),
    12: Fault("the flag that says: encrypted", BAD_FILE),
    13: Fault("an unknown compression", BAD_FILE),
    14: Fault("a zip bomb", BAD_FILE),
    15: Fault("a header that claims 8 PB", BAD_FILE),
    16: Fault("a negative shape", BAD_FILE),
    17: Fault("a header of 5 MB", BAD_FILE),
    18: Fault("a header nested deeply", BAD_FILE),
    19: Fault("complex numbers or dates", BAD_FILE),
    20: Fault(
        "numbers of the other endianness",
        "test_checkpoint_files::test_numbers_of_the_other_endianness_are_the_same_numbers",
        "they are read, and right: NumPy on another machine writes them",
    ),
    21: Fault("right names, another size of the state", BAD_FILE),
    22: Fault("weights that are not finite", BAD_FILE),
    23: Fault("another task or vocabulary", BAD_FILE),
    24: Fault("a newer format", BAD_FILE),
    25: Fault("a .npy renamed to .npz", BAD_FILE),
    26: Fault("a directory", BAD_FILE),
    27: Fault("missing", "test_checkpoint_files::test_a_run_that_is_missing_brings_the_nearest"),
    28: Fault("no permission to read", "test_checkpoint_files::test_a_file_that_may_not_be_read_is_told"),
    29: Fault("replaced while it is loaded", "test_checkpoint_files::test_a_file_that_is_replaced_while_it_is_loaded"),
    30: Fault("the optimiser's moments missing", "test_checkpoint_files::test_moments_that_are_missing_are_told"),
    # writing
    31: Fault("a full disk in a save", "test_writing::test_a_disk_that_is_full_in_a_save_keeps_the_last_checkpoint"),
    32: Fault("a full disk on metrics", "test_writing::test_a_disk_that_is_full_on_metrics_is_one_line"),
    33: Fault("SIGKILL in a save", "test_writing::test_killed_in_a_save_the_last_checkpoint_is_whole"),
    34: Fault("a read-only directory", "test_writing::test_a_place_that_cannot_be_written_is_told_before_any_work"),
    35: Fault(
        "the directory deleted in training", "test_writing::test_a_directory_that_is_deleted_in_training_is_told"
    ),
    36: Fault(
        "a stray temporary file of a crash", "test_writing::test_the_temporary_file_of_a_crash_is_in_nobodys_way"
    ),
    37: Fault("two runs that ask for the same number", "test_writing::test_two_runs_at_once_get_two_directories"),
    38: Fault(
        "two processes that resume one run",
        "test_writing::test_a_run_that_is_trained_is_not_resumed_a_second_time",
        "a lock on the directory, not a file with a pid: a crash releases it, and no file is left behind",
    ),
    39: Fault("a torn last line of metrics.jsonl", "test_writing::test_a_torn_line_of_metrics_is_written_again"),
    40: Fault("power lost between best and last", "test_writing::test_power_lost_between_best_and_last_loses_nothing"),
    # signals and streams
    41: Fault("Ctrl-C at the start, in a step, in a save", "test_signals::test_ctrl_c_in_a_save_waits_for_its_end"),
    42: Fault("Ctrl-C twice", "test_signals::test_a_signal_saves_and_is_the_exit_code"),
    43: Fault("SIGTERM", "test_signals::test_a_signal_saves_and_is_the_exit_code"),
    44: Fault("SIGHUP", "test_signals::test_a_signal_saves_and_is_the_exit_code"),
    45: Fault("| head -1", "test_streams::test_a_reader_that_has_had_enough_is_exit_code_141"),
    46: Fault("closed streams", "test_streams::test_closed_streams_do_not_stop_a_run"),
    47: Fault("stdout is /dev/full", "test_streams::test_a_stdout_that_is_full_is_one_line"),
    48: Fault("ASCII, 20 columns, TERM=dumb", "test_streams::test_any_terminal_will_do"),
    # arguments and settings
    49: Fault("a typo in the task", USAGE),
    50: Fault("a typo in an option", USAGE),
    51: Fault("a learning rate of nan, inf, -1 or 0", USAGE),
    52: Fault("sizes of 0", USAGE),
    53: Fault("a seed of -1 or 2^70", USAGE),
    54: Fault("an error of syntax in TOML", CONFIG),
    55: Fault("an unknown or wrongly typed setting", CONFIG),
    56: Fault("settings with a BOM, or not in UTF-8", CONFIG, "the BOM that Windows writes is read over"),
    57: Fault("sizes that need more memory than there is", "test_arguments::test_more_memory_than_there_is_is_refused"),
    # data
    58: Fault("an empty file", DATA),
    59: Fault(
        "text that is not UTF-8, or no text: compressed, a workbook",
        DATA,
        "it is called by its name, with a word as it would read in the encoding that is advised",
    ),
    60: Fault("a table with NaN, ragged rows, other separators, or a header only", DATA),
    61: Fault("a text shorter than the window", DATA),
    62: Fault("a character never seen in training", "test_data::test_a_character_never_seen_in_training_is_told"),
    # runs and pictures
    63: Fault("divergence", "test_divergence::test_a_run_that_diverges_names_the_first_bad_operation"),
    64: Fault("a picture that cannot be laid out", "test_pictures::test_a_picture_that_cannot_be_laid_out_is_one_line"),
}
