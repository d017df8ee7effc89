"""Freed memory stays with the process until it is given back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CODE = """
import os, torch
from glassnet.evaluation.allocator import give_back_freed_memory, keep_freed_memory

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

keep_freed_memory()
before = held()
block = torch.ones(50_000_000)
del block
kept = held() - before
give_back_freed_memory()
print(kept, held() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_freed_block_is_kept_and_then_given_back():
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    kept, left = map(int, ended.stdout.split())
    assert kept > 190_000_000
    assert left < 20_000_000
