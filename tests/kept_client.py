"""Stands for `flask` in a shell: has the kept interpreter run the words on these streams, and ends as they do.

It imports next to nothing, because it is started for each command."""
import os
import socket
import sys
from array import array


def ask(path: str, words: list[str]) -> int:
    """Return the exit code of `flask` with these words, or minus the signal that ended it."""
    umask = os.umask(0)
    os.umask(umask)
    environment = (b"%s=%s" % pair for pair in os.environb.items())
    request = [os.fsencode(os.getcwd()), b"%d" % umask, b"%d" % len(words), *map(os.fsencode, words), *environment]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(path)
        streams = array("i", (0, 1, 2))
        server.sendmsg([b"\0".join(request)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        return int(server.recv(16))


if __name__ == "__main__":
    if (ended := ask(sys.argv[1], sys.argv[2:])) < 0:
        os.kill(os.getpid(), -ended)
    sys.exit(ended)
