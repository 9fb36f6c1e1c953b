#!/usr/bin/env python3
"""Task 8: create jobs and follow their progress and errors."""
from console_client import run, say
from job_queue import Job, Queue

QUEUE_NAME = "push_notification_code_2"
jobs: list[dict[str, str]] = [
    {
        "phoneNumber": "4153518780",
        "message": "This is the code 1234 to verify your account",
    },
    {
        "phoneNumber": "4153518781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153518743",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153538781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153118782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4159518782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4158718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153818782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4154318781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4151218782",
        "message": "This is the code 4321 to verify your account",
    },
]


async def main() -> None:
    queue = Queue()

    for data in jobs:
        job = queue.create(QUEUE_NAME, data)

        @job.on("enqueue")
        def on_enqueue(job: Job) -> None:
            say(f"Notification job created: {job.id}")

        @job.on("complete")
        def on_complete(job: Job) -> None:
            say(f"Notification job {job.id} completed")

        @job.on("failed")
        def on_failed(job: Job, error: str) -> None:
            say(f"Notification job {job.id} failed: {error}")

        @job.on("progress")
        def on_progress(job: Job, completed: int, total: int) -> None:
            say(f"Notification job {job.id} {round(completed * 100 / total)}% complete")

        await job.save()

    await queue.run()


if __name__ == "__main__":
    run(main())
