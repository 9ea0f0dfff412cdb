"""The rules, as values and functions. No clock, no disk, no network, no thread: same input, same answer, for ever."""
