import os
import signal
import threading
import time

import pytest

from mmkeras import interrupts


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_raises_with_its_exit_code(number, code):
    before = signal.getsignal(number)
    with pytest.raises(interrupts.Interrupted) as caught:
        with interrupts.handled():
            signal.raise_signal(number)
    assert caught.value.code == code
    assert isinstance(caught.value, KeyboardInterrupt)
    assert signal.getsignal(number) is before
    assert interrupts.received() is None


def test_an_exception_that_was_lost_is_raised_by_the_next_check():
    with interrupts.handled():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pass  # As in a callback of C code.
        assert interrupts.received() == 130
        with pytest.raises(interrupts.Interrupted):
            interrupts.check()
    interrupts.check()


def test_deferred_waits_for_a_check_or_the_end(capfd):
    steps = []
    for check in (interrupts.check, lambda: None):
        with pytest.raises(interrupts.Interrupted):
            with interrupts.deferred():
                signal.raise_signal(signal.SIGINT)
                steps.append("continued")
                check()
                steps.append("unchecked")
    assert steps == ["continued", "continued", "unchecked"]
    assert "Stopping after this step" in capfd.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_signal_ends_the_process(monkeypatch):
    codes = []
    monkeypatch.setattr(interrupts.os, "_exit", codes.append)
    with pytest.raises(interrupts.Interrupted):
        with interrupts.deferred():
            signal.raise_signal(signal.SIGINT)
            assert not codes
            signal.raise_signal(signal.SIGINT)
            assert codes == [130]


def test_other_threads_handle_nothing():
    before, handlers = signal.getsignal(signal.SIGINT), []

    def run():
        with interrupts.deferred():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [before]


def test_a_signal_lost_in_a_callback_leaves_no_traceback(capsys):
    class Callback:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

    with pytest.raises(interrupts.Interrupted):
        with interrupts.handled():
            callback = Callback()
            del callback  # Python ignores what `__del__` raises.
            interrupts.check()
    assert "Traceback" not in capsys.readouterr().err
