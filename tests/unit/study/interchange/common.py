"""What the tests of interchange share: a database that Optuna 4 made, and a table as W&B exports it."""

import sqlite3
from pathlib import Path

OPTUNA_4 = Path(__file__).with_name("optuna-4.sql")

WANDB = """"Name","State","Notes","User","Tags","Created","Runtime","Sweep","batch_size",\
"learning_rate","optimizer.name","seed","_step","val_loss","val_acc"
"brisk-9","finished","","ann","","2026-05-01T10:00:00.000Z","61","mq9","64","0.01","adam","0","9","0.31","0.91"
"calm-8","finished","","ann","a, b","2026-05-01T10:01:00.000Z","62","mq9","64","0.01","adam","1","9","0.33","0.90"
"dark-7","finished","","ann","","2026-05-01T10:02:00.000Z","63","mq9","64","0.1","adam","0","9","NaN","0.1"
"even-6","finished","","ann","","2026-05-01T10:03:00.000Z","64","mq9","64","0.1","adam","1","9","1.2","0.5"
"fair-5","crashed","","ann","","2026-05-01T10:04:00.000Z","10","mq9","32","0.01","adam","0","2","0.8","0.7"
"fair-4","finished","","ann","","2026-05-01T10:05:00.000Z","66","mq9","32","0.01","adam","0","9","0.29","0.92"
"good-3","finished","","ann","","2026-05-01T10:06:00.000Z","66","mq9","32","0.01","adam","1","9","0.30","0.92"
"high-2","finished","","ann","","2026-05-01T10:07:00.000Z","66","mq9","32","0.1","adam","0","9","0.70","0.8"
"idle-1","killed","","ann","","2026-05-01T10:08:00.000Z","6","mq9","32","0.1","adam","1","1","",""
"just-0","running","","ann","","2026-05-01T10:09:00.000Z","6","mq9","","","","","","",""
"""
"""The runs of a sweep: one diverged, one crashed and was tried again, one was killed, one has only just begun."""


def optuna_4(path):
    """Write the database into a file and return it."""
    with sqlite3.connect(path) as connection:
        connection.executescript(OPTUNA_4.read_text(encoding="utf-8"))
    connection.close()
    return path
