"""A proxy between an ESME and an SMSC that keeps what both wrote, in the order in which it came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from support.pcap import Chunk


class Recorder:
    """What went over each connection, oldest connection first."""

    def __init__(self, smsc_port: int) -> None:
        self.connections: list[list[Chunk]] = []
        self.port = 0
        """Where to connect to, in place of the SMSC's."""
        self._smsc_port = smsc_port
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to the end of both directions."""
        chunks: list[Chunk] = []
        self.connections.append(chunks)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._smsc_port)
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, onward[1], chunks, from_client=True))
                group.create_task(_copy(onward[0], writer, chunks, from_client=False))
        except ConnectionRefusedError:
            pass
        finally:
            writer.close()
            self._serving.discard(task)

    async def finish(self) -> None:
        """Waits for the connections to end."""
        await asyncio.gather(*self._serving)


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, chunks: list[Chunk], *, from_client: bool
) -> None:
    try:
        while octets := await reader.read(65_536):
            chunks.append(Chunk(from_client, octets))
            writer.write(octets)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def recording(smsc_port: int) -> AsyncGenerator[Recorder, None]:
    """Records until the block ends; what is still open then is waited for."""
    recorder = Recorder(smsc_port)
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0)
    recorder.port = server.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        server.close()
        await recorder.finish()
        await server.wait_closed()
