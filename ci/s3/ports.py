"""usage: python ports.py N     prints N free ports of loopback, each free at 10 000 more too"""

import random
import socket
import sys


def free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


candidates = random.sample(range(20000, 32000), 2000)
found = [p for p in candidates if free(p) and free(p + 10000)][: int(sys.argv[1])]
print(*found)
