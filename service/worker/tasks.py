"""Every kind of task, and who does it. The whole list, in one place."""

from service.worker.nightly import HOUR, tidy
from service.worker.post import note_failure, send_message
from service.worker.reactions import react
from service.worker.texts import KIND as READ_FILE
from service.worker.texts import give_up, read_file
from service.worker.work import TaskKind

TASKS = {
    "event": TaskKind(react),
    "send_message": TaskKind(send_message, on_give_up=note_failure),
    READ_FILE: TaskKind(read_file, on_give_up=give_up, beside=True),
    "nightly": TaskKind(tidy, every=HOUR, beside=True),
}
