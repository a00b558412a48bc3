"""Two agents in two processes write to each other through queues: one session, every message linked to its sender."""

import json
import multiprocessing

from otel_agents import agent, configure, context, current_operation, flush, message

SPECIALISTS = {"Writer": 0.9, "Translator": 0.2}


@agent("Writer")
def write(task: str) -> str:
    return f"A poem about {task}."


def writer(inbox: multiprocessing.Queue, outbox: multiprocessing.Queue) -> None:
    """The other process. What comes and goes is text, as with any broker."""
    configure(service_name="writer")
    for text in iter(inbox.get, ""):
        envelope = json.loads(text)
        with message("Planner", "Writer", "task", size=envelope["body"], received=envelope["carrier"]) as task:
            poem = write(envelope["body"])
            answer = message("Writer", "Planner", "answer", size=poem, reply_to=task)
            outbox.put(json.dumps({"body": poem, "carrier": answer.send()}))


@agent("Planner")
def plan(request: str, inbox: multiprocessing.Queue, outbox: multiprocessing.Queue) -> str:
    best = max(SPECIALISTS, key=SPECIALISTS.__getitem__)
    current_operation().route(best, score=SPECIALISTS[best], reason="asks for a poem", candidates=list(SPECIALISTS))

    with message("Planner", best, "task", size=request, context_size=2048, relevance=0.8) as sent:
        inbox.put(json.dumps({"body": request, "carrier": sent.carrier}))
        envelope = json.loads(outbox.get())
        sent.replied(size=envelope["body"])

    with message(best, "Planner", "answer", size=envelope["body"], received=envelope["carrier"]):
        poem = envelope["body"]
    current_operation().score("length", value=len(poem) / 100, label="short", explanation="one line was enough")
    return poem


if __name__ == "__main__":
    configure(service_name="planner")
    processes = multiprocessing.get_context("spawn")
    inbox, outbox = processes.Queue(), processes.Queue()
    other = processes.Process(target=writer, args=(inbox, outbox))
    other.start()

    with context(session="session-7", user="ana", tenant="acme", plan="pro"):
        print(plan("the sea", inbox, outbox))

    inbox.put("")
    other.join()
    print("Sent." if flush() else "Nothing was sent: no collector runs.")
