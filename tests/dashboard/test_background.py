"""Background tasks of a page: they end with the page, and a failure is logged and shown."""

import asyncio

from tests.support.running_app import run_app, until
from tracker.dashboard.background import BackgroundTasks


def test_an_exception_is_logged_whole_and_reported_without_paths(caplog):
    reports = []

    async def fail():
        raise ValueError("cannot read /home/someone/secret.csv")

    async def run():
        await asyncio.wait([BackgroundTasks(reports.append).start(fail())])

    asyncio.run(run())
    [report] = reports
    assert report.startswith("ValueError: cannot read ")
    assert "/home/someone" not in report
    assert "Traceback" in caplog.text


def test_cancelled_tasks_end_and_are_no_failure(caplog):
    reports = []

    async def run():
        tasks = BackgroundTasks(reports.append)
        task = tasks.start(asyncio.Event().wait())
        await asyncio.sleep(0)
        tasks.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(run())
    assert reports == []
    assert caplog.text == ""


def test_a_task_is_kept_until_it_ends_and_no_longer():
    async def run():
        tasks, end = BackgroundTasks(lambda failure: None), asyncio.Event()
        task = tasks.start(end.wait())
        assert tasks._tasks == {task}
        end.set()
        await task
        await asyncio.sleep(0)
        assert tasks._tasks == set()

    asyncio.run(run())


def test_a_failure_of_the_refresh_is_shown_on_the_page(tmp_path, exchange_url, caplog):
    async def check(app):
        def fail():
            raise KeyError("oops")

        app._services.reader.refresh = fail
        await until(lambda: app.state.data.failure, "it is shown")
        assert app.state.data.failure == "KeyError: 'oops'"

    run_app(check, tmp_path, exchange_url)
    assert "background work ended" in caplog.text
