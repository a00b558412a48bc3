"""A FastAPI and a Starlette application that stream what a model says. Arguments: its socket, the model's address."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator

import openai
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Mount, Route

from otel_agents import agent, configure, flush, model, monitor_operation

configure()
logging.basicConfig(format="%(name)s: %(message)s")
client = openai.AsyncOpenAI(base_url=f"{sys.argv[2]}/v1", api_key="none", max_retries=0)

USAGE = {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}


def chunk(text: str) -> dict:
    choices = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    return {"id": "c", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": choices, "usage": USAGE}


@model(provider="openai", model="gpt-4o")
async def ask(question: str, endless: bool = False) -> AsyncIterator[dict]:
    with monitor_operation("connect"):
        for text in "Hello":
            await asyncio.sleep(0)
            yield chunk(text)
        while endless:
            await asyncio.sleep(0.01)
            yield chunk(".")


@agent("Writer")
def write() -> Iterator[str]:
    """A plain generator: the framework takes each step in another thread."""
    with monitor_operation("think"):
        yield from "Hello"


@model(provider="openai")
async def ask_openai() -> openai.AsyncStream:
    return await client.chat.completions.create(model="gpt-4o", messages=[], stream=True)


async def texts(chunks) -> AsyncIterator[str]:
    async for each in chunks:
        if isinstance(each, dict):
            yield each["choices"][0]["delta"]["content"]
        elif each.choices and (content := each.choices[0].delta.content):
            yield content


api = FastAPI()


@api.get("/generator")
async def generator(endless: bool = False) -> StreamingResponse:
    with monitor_operation("request", agent_name="Chat"):
        return StreamingResponse(texts(ask("Hi", endless)), media_type="text/plain")


@api.get("/sync")
def sync() -> StreamingResponse:
    with monitor_operation("request", agent_name="Chat"):
        return StreamingResponse(write(), media_type="text/plain")


@api.get("/openai")
async def from_openai() -> StreamingResponse:
    with monitor_operation("request", agent_name="Chat"):
        return StreamingResponse(texts(await ask_openai()), media_type="text/plain")


@api.get("/flush")
async def send() -> bool:
    return await asyncio.to_thread(flush)


async def plain(_: Request) -> StreamingResponse:
    with monitor_operation("request", agent_name="Chat"):
        return StreamingResponse(texts(ask("Hi")), media_type="text/plain")


app = Starlette(routes=[Route("/starlette", plain), Mount("/", api)])

if __name__ == "__main__":
    uvicorn.Server(uvicorn.Config(app, fd=int(sys.argv[1]), log_level="warning")).run()
