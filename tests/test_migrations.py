"""The schema's history and the tables agree."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tracker.migrations import HEAD
from tracker.store import Store


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "tracker:migrations")
    return made


def test_head_is_the_newest_file():
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_migrations_lead_to_the_tables_of_the_model(store: Store):
    made = config()
    with store.engine.begin() as connection:
        made.attributes["connection"] = connection
        command.check(made)
