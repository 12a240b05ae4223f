"""The programs of this folder: how each fails, and what to look for (weft explore --until)."""
BUGS = {
    "ab_ba": ("deadlock", "deadlock"),
    "philosophers": ("deadlock", "deadlock"),
    "lost_wakeup": ("deadlock", "deadlock"),
    "if_for_while": ("exit-3", "exit"),
    "missed_broadcast": ("deadlock", "deadlock"),
    "use_after_join": ("crash-SIGABRT", "crash"),
    "order_violation": ("crash-SIGSEGV", "crash"),
    "split_counter": ("output", "output:lost"),
    "semaphore_leak": ("deadlock", "deadlock"),
    "double_unlock": ("exit-4", "exit"),
}
