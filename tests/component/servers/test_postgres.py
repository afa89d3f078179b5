import psycopg
from servers.postgres import PostgresServer


def test_what_was_committed_survives_kill9_and_databases_are_apart(postgres_server: PostgresServer) -> None:
    postgres_server.create_database("one")
    postgres_server.create_database("other")
    with psycopg.connect(postgres_server.conninfo("one")) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    postgres_server.kill9()
    assert not postgres_server.running
    postgres_server.start()
    with psycopg.connect(postgres_server.conninfo("one")) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    with psycopg.connect(postgres_server.conninfo("other")) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    postgres_server.drop_database("one")
    postgres_server.drop_database("other")
