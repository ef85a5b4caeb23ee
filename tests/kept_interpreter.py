"""Runs `flask …` in a fork of one interpreter that has imported everything: a command then costs a tenth.

What a process has of its own a command has, too: arguments, environment, folder, umask, standard streams, exit code.
Where the start of a process is what is tested, a test starts one."""
import atexit
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What stands in a shell for `.venv/bin/flask`: a small process that lends its streams and ends as the command does.
_CLIENT = (sys.executable, "-S", "-E", str(ROOT / "tests/kept_client.py"))
_LARGEST_REQUEST = 1 << 20


@contextmanager
def kept_interpreter(folder: Path) -> Iterator[list[str]]:
    """Keep an interpreter while the block lasts; yields the words that stand for `flask`, wherever a process is run."""
    path = folder / "flask.sock"
    with subprocess.Popen([sys.executable, "-m", "tests.kept_interpreter", str(path)], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n", "the kept interpreter did not start"
            yield [*_CLIENT, str(path)]
        finally:
            process.stdin.close()  # its sign to end


def serve(path: Path) -> None:
    """Answer each client by a fork, until standard input ends."""
    import_everything()
    assert threading.active_count() == 1, "a fork takes one thread along"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        os.write(1, b"ready\n")
        while listener in select.select([listener, 0], [], [])[0]:
            client, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(client)
                os._exit(0)
            client.close()
            while _bury(os.WNOHANG):
                pass
    while _bury(0):
        pass


def _bury(options: int) -> bool:
    """Take notice of the end of one that has answered; False where none has, or none is left."""
    try:
        return os.waitpid(-1, options)[0] != 0
    except ChildProcessError:
        return False


def import_everything() -> None:
    """Import what any command may need; nothing of it starts a thread or opens a connection."""
    import app.factory
    from cli import COMMANDS, load_command

    assert app.factory.SERVICES
    for name in COMMANDS:
        load_command(name)
    gc.freeze()


def _answer(client: socket.socket) -> None:
    """Run the command in a fork, and tell the client how it ended: its exit code, or minus the signal.

    A client that is gone takes its command along, as a process that is killed is its own command."""
    size = array("i").itemsize
    said, ancillary, _, _ = client.recvmsg(_LARGEST_REQUEST, socket.CMSG_LEN(3 * size))
    streams = array("i", ancillary[0][2][:3 * size])
    command = os.fork()
    if command == 0:
        client.close()
        _become(said.split(b"\0"), list(streams))
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(command)
    if ended not in select.select([client, ended], [], [])[0]:  # a client says no more: there is its end to read
        os.kill(command, signal.SIGKILL)
        return
    _, status = os.waitpid(command, 0)
    client.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: list[bytes], streams: list[int]) -> None:
    """Be the process that was asked for, and end as the interpreter ends one."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    folder, umask, number_of_words, *rest = request
    words, environment = rest[:int(number_of_words)], rest[int(number_of_words):]
    os.chdir(folder)
    os.umask(int(umask))
    os.environb.clear()
    os.environb.update(dict(entry.split(b"=", 1) for entry in environment))
    sys.argv = ["flask", *map(os.fsdecode, words)]
    sys.modules["__main__"].__package__ = None  # click asks it for the program's name
    code = _exit_code()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _exit_code() -> int:
    from flask.cli import main

    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
    else:
        return 0
    return 1


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
