"""The course: its tasks, the transcripts of its consoles, and how consoles are compared with
them."""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
OURS = HERE.parent
CONNECTED = "Redis client connected to the server"
REFUSED = "Redis client not connected to the server: "
CHANNEL = "holberton school channel"
# By the number of a pair: 6_job_creator and 6_job_processor (tasks 6 and 7), 7_... (8 and 9).
QUEUES = {"6": "push_notification_code", "7": "push_notification_code_2"}
WORKERS = {"6": 1, "7": 2}  # how many jobs at a time the pair's processor does
JOB = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}  # task 6
BLACKLIST = "4153518780", "4153518781"
NUMBERS_AND_CODES = [
    *[("4153518780", "1234"), ("4153518781", "4562"), ("4153518743", "4321")],
    *[("4153538781", "4562"), ("4153118782", "4321"), ("4153718781", "4562")],
    *[("4159518782", "4321"), ("4158718781", "4562"), ("4153818782", "4321")],
    *[("4154318781", "4562"), ("4151218782", "4321")],
]
JOBS = [
    {"phoneNumber": number, "message": f"This is the code {code} to verify your account"}
    for number, code in NUMBERS_AND_CODES
]
SCHOOLS = {
    "Portland": "50",
    "Seattle": "80",
    "New York": "20",
    "Bogota": "20",
    "Cali": "40",
    "Paris": "2",
}


class Task(NamedTuple):
    number: str
    title: str
    script: str


TASKS = [
    Task("0", "Install a redis instance", "dump.rdb"),
    Task("1", "Node Redis Client", "0_redis_client.py"),
    Task("2", "Node Redis client and basic operations", "1_redis_op.py"),
    Task("3", "Node Redis client and async operations", "2_redis_op_async.py"),
    Task("4", "Node Redis client and advanced operations", "4_redis_advanced_op.py"),
    Task("5", "Node Redis client publisher and subscriber", "5_subscriber.py"),
    Task("5", "Node Redis client publisher and subscriber", "5_publisher.py"),
    Task("6", "Create the Job creator", "6_job_creator.py"),
    Task("7", "Create the Job processor", "6_job_processor.py"),
    Task("8", "Track progress and errors: Create the Job creator", "7_job_creator.py"),
    Task("9", "Track progress and errors: the job processor", "7_job_processor.py"),
]


TRANSCRIPTS = {path.stem: path.read_text().splitlines() for path in HERE.glob("transcripts/*.txt")}


def transcript(name):
    """The lines of a console as the course shows it."""
    return list(TRANSCRIPTS[name])


class Edition(NamedTuple):
    """The words in which the published editions of the course differ (tasks 0 and 2 to 5)."""

    key: str
    new_key: str
    hash_key: str
    channels: tuple  # any of them
    student: str

    def transcript(self, name):
        return [line.replace("Holberton Student", self.student) for line in transcript(name)]


EDITIONS = {
    "holberton": Edition(
        "Holberton", "HolbertonSanFrancisco", "HolbertonSchools", (CHANNEL,), "Holberton Student"
    ),
    "alx": Edition("ALX", "ALXSanFrancisco", "ALX", ("ALXchannel", "ALX channel"), "ALX Student"),
}


def created(*ids):
    """The lines of a creator that created jobs with these ids."""
    return [f"Notification job created: {number}" for number in ids]


def sent(job_data):
    """The line of a processor that does a job with this data."""
    number, message = job_data["phoneNumber"], job_data["message"]
    return f"Sending notification to {number}, with message: {message}"


def percent_complete(number, percent):
    return f"Notification job {number} {percent}% complete"


def failed(number, reason):
    return f"Notification job {number} failed: {reason}"


def blacklisted(number):
    """The reason why a job with this phone number fails."""
    return f"Phone number {number} is blacklisted"


COMPLETED = transcript("6_job_creator")[1]
FAILED = COMPLETED.replace("completed", "failed")


def replies(*values):
    return [transcript("4_redis_advanced_op")[1].replace("1", str(value)) for value in values]


# How lines are compared where their order is not fixed.


def in_any_order(lines):
    return sorted(lines)


def job_by_job(lines):
    """Sort by job, since two jobs at a time may mix their lines. Keep the order within a job."""

    def number(line):
        found = re.search(r"job (?:created: )?(\d+)", line)
        return int(found[1]) if found else 0

    created = [line for line in lines if "created" in line]
    return created + sorted((line for line in lines if "created" not in line), key=number)


def renumbered(lines):
    """Renumber the jobs in a creator's lines from 1, as in the transcript."""
    ids = [line.split(": ")[1] for line in lines if "created: " in line]
    places = {number: str(place) for place, number in enumerate(ids, 1)}
    number = r"(?<=created: )\d+|(?<=job )\d+"
    return [re.sub(number, lambda found: places.get(found[0], "?"), line) for line in lines]


def own_jobs(lines):
    """Renumber a creator's jobs from 1, and sort by job."""
    return job_by_job(renumbered(lines))


# How a console is compared, where the course leaves ids open, or the order of two jobs' lines.
NORMALIZERS = {
    "6_job_creator": renumbered,
    "6_job_processor": in_any_order,
    "7_job_creator": own_jobs,
    "7_job_processor": in_any_order,
}
