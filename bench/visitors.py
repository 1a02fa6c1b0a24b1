"""Other people's sessions: they say to the server what a browser says, poll as it does, and draw nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

SECONDS = 60


@contextmanager
def visitors(count: int, port: str, page: str, query: str) -> Iterator[None]:
    """So many sessions look at a page for as long as this is open."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ready = [threading.Event() for _ in range(count)]
    for each in ready:
        asyncio.run_coroutine_threadsafe(_visit(port, page, query, each), loop)
    try:
        if not all(each.wait(SECONDS) for each in ready):
            raise RuntimeError("not every session came to poll")
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_leave(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _leave() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _visit(port: str, page: str, query: str, ready: threading.Event) -> None:
    address = f"ws://localhost:{port}/_stcore/stream"
    async with websockets.connect(
        address, origin=f"http://localhost:{port}", max_size=None, subprotocols=["streamlit"]
    ) as socket:
        state: dict[str, Any] = {"query_string": query, "page_name": page}
        polls: dict[str, asyncio.Task[None]] = {}
        await _say(socket, **state)
        async for data in socket:
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session" and not message.metadata.run.fragment_ids:
                state = {"query_string": query, "page_script_hash": message.new_session.page_script_hash}
                for poll in polls.values():
                    poll.cancel()
                polls.clear()
            elif kind == "auto_rerun" and message.auto_rerun.fragment_id not in polls:
                wish = message.auto_rerun
                polls[wish.fragment_id] = asyncio.create_task(_poll(socket, wish.interval, wish.fragment_id, state))
                ready.set()


async def _poll(socket: Any, interval: float, fragment: str, state: dict[str, Any]) -> None:
    while True:
        await asyncio.sleep(interval)
        await _say(socket, **state, fragment_id=fragment, is_auto_rerun=True)


async def _say(socket: Any, **state: Any) -> None:
    await socket.send(BackMsg(rerun_script=ClientState(**state)).SerializeToString())
