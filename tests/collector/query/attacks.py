"""What a hostile query may try; each is to be refused with a reason, and to do nothing."""

from __future__ import annotations

FORBIDDEN = {
    # Files and the network, by table function, by scalar function, by a table's name.
    "read_csv": "SELECT * FROM read_csv('/etc/passwd')",
    "read_csv_auto": "SELECT * FROM read_csv_auto('/etc/passwd')",
    "read_text": "SELECT * FROM read_text('/etc/passwd')",
    "read_blob": "SELECT content FROM read_blob('/etc/passwd')",
    "read_json": "SELECT * FROM read_json('https://example.com/x.json')",
    "read_parquet": "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "read_duckdb": "SELECT * FROM read_duckdb('other.duckdb')",
    "parquet_metadata": "SELECT * FROM parquet_metadata('x.parquet')",
    "sniff_csv": "SELECT * FROM sniff_csv('/etc/passwd')",
    "glob": "SELECT * FROM glob('/**')",
    "a file's name": "SELECT * FROM '/etc/passwd'",
    "a file's name in quotes": 'SELECT * FROM "data.csv"',
    "a file's name as an expression's table": "SELECT (SELECT a FROM 'x.parquet' LIMIT 1)",
    "a method call": "SELECT '/etc/passwd'.read_text()",
    "a WITH query named like a file": 'WITH "x.csv" AS (SELECT 1) SELECT * FROM (SELECT 1), "x.csv"',
    # Another way to the same: SQL, tables and functions named by text.
    "query": "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "query_table": "SELECT * FROM query_table('span_data')",
    "json_execute_serialized_sql": "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "a function named by text": "SELECT list_aggregate([1], 'sum')",
    "a function with its schema": "SELECT system.main.getenv('HOME')",
    "upper case": "SELECT GETENV('HOME')",
    "quoted": "SELECT \"getenv\"('HOME')",
    "a comment between": "SELECT getenv/**/('HOME')",
    # Environment, settings, secrets, catalogs, other state.
    "getenv": "SELECT getenv('HOME')",
    "current_setting": "SELECT current_setting('home_directory')",
    "getvariable": "SELECT getvariable('x')",
    "duckdb_secrets": "SELECT * FROM duckdb_secrets()",
    "duckdb_settings": "SELECT * FROM duckdb_settings()",
    "duckdb_databases": "SELECT path FROM duckdb_databases()",
    "information_schema": "SELECT * FROM information_schema.tables",
    "pragma_table_info": "SELECT * FROM pragma_table_info('span_data')",
    "nextval": "SELECT nextval('s')",
    "write_log": "SELECT write_log('x')",
    "pg_sleep": "SELECT pg_sleep(60)",
    "sleep_ms": "SELECT sleep_ms(60000)",
    "the table with its schema": "SELECT * FROM main.span_data",
    "the view with its schema": "SELECT * FROM main.spans",
    "another database": "SELECT * FROM temp.main.x",
    "pandas": "SELECT * FROM pandas_scan(0)",
    # Writing.
    "INSERT": "INSERT INTO span_data SELECT * FROM span_data",
    "UPDATE": "UPDATE span_data SET name = ''",
    "DELETE": "DELETE FROM span_data",
    "an INSERT inside WITH": "WITH x AS (INSERT INTO span_data SELECT * FROM span_data RETURNING *) SELECT * FROM x",
    "a DELETE inside WITH": "WITH x AS (DELETE FROM span_data RETURNING *) SELECT count(*) FROM x",
    "CREATE": "CREATE TABLE x AS SELECT 1",
    "DROP": "DROP VIEW spans",
    "COPY": "COPY spans TO '/tmp/spans.csv'",
    "EXPORT": "EXPORT DATABASE '/tmp/spans'",
    "ATTACH": "ATTACH '/tmp/x.duckdb'",
    "USE": "USE memory",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD httpfs",
    "SET": "SET memory_limit = '1TB'",
    "RESET": "RESET lock_configuration",
    "PRAGMA": "PRAGMA database_list",
    "CALL": "CALL pragma_version()",
    "CHECKPOINT": "FORCE CHECKPOINT",
    "EXECUTE": "EXECUTE x",
    "EXPLAIN": "EXPLAIN SELECT 1",
    "SHOW": "SHOW ALL TABLES",
    # Several statements.
    "two statements": "SELECT 1; SELECT 2",
    "COMMIT first": "COMMIT; INSERT INTO span_data SELECT * FROM span_data",
    "ROLLBACK first": "ROLLBACK; DROP VIEW spans",
    "a statement after a comment": "SELECT 1 /* ; */ ; -- \n DROP VIEW spans",
    # Names that mean one thing here and another there.
    "a WITH name used outside of it": "SELECT * FROM (WITH a.b AS (SELECT 1) SELECT 1)",
    "a parameter": "SELECT $1",
    "time travel": "SELECT * FROM spans AT (VERSION => 1)",
}

# Much out of little, where no interrupt reaches: ended, alone.
HUNGRY = {
    "repeat": "SELECT repeat('x', 2000000000)",
    "repeat of a column": "SELECT repeat(name, 100000000) FROM spans",
    "repeat of repeat": "SELECT repeat(repeat('x', 50000), 50000)",
    "a long list": "SELECT range(1000000000)",
    "a list of lists": "SELECT list_transform(range(90000), lambda x: range(90000))",
    "a wide format": "SELECT format('{:>1000000000}', 'x')",
    "a width from outside": "SELECT printf('%*d', 1000000000, 1)",
    "a text that is doubled": (
        "WITH RECURSIVE r AS (SELECT 'xxxx' AS s, 1 AS n UNION ALL SELECT s || s, n + 1 FROM r WHERE n < 40)"
        " SELECT length(s) FROM r"
    ),
    "a text that is doubled in a list": (
        "SELECT length(list_reduce(list_transform(range(50), lambda x: 'xxxx'), lambda a, b: a || a)) FROM range(100)"
    ),
    "a list of everything": "SELECT list(i) FROM range(1000000000) AS t(i)",
    "a text of everything": "SELECT string_agg(repeat('x', 1000000)) FROM range(100000)",
    "a replacement": "SELECT replace(repeat('a', 100000), 'a', repeat('b', 100000))",
    "arrays of a fixed length": "SELECT NULL::INTEGER[100000][100000]",
    "the same path many times": (
        "SELECT json_extract('[' || repeat('1,', 100000) || '1]', ['$'" + ", '$'" * 10000 + "])::VARCHAR"
    ),
}

# Plans without end, where no interrupt reaches either.
ENDLESS = {
    "names that double": "SELECT 1 AS x0, " + ", ".join(f"x{n} + x{n} AS x{n + 1}" for n in range(40)),
    "queries that double": "WITH c0 AS (SELECT 1 AS a), "
    + ", ".join(f"c{n + 1} AS NOT MATERIALIZED (SELECT c.a FROM c{n} c JOIN c{n} d USING (a))" for n in range(20))
    + " SELECT * FROM c20",
}

UNKNOWN = {
    "a table under the views": "SELECT * FROM span_data",
    "the view with the parts": "SELECT * FROM spans_and_parts",
    "a catalog view": "SELECT * FROM duckdb_tables",
    "a catalog view named by WITH elsewhere": "SELECT * FROM (WITH pg_class AS (SELECT 1) SELECT 1), pg_class",
    "a catalog view named by WITH later": "WITH a AS (FROM pg_class), pg_class AS (SELECT 1) SELECT * FROM a",
    "a WITH query in itself": "WITH duckdb_views AS (SELECT * FROM duckdb_views) SELECT * FROM duckdb_views",
    "a Python variable": "SELECT * FROM store",
    "a type that reads the catalog": "SELECT 'spans'::regclass",
}

NOT_SQL = {
    "nothing": "",
    "a comment": "-- nothing",
    "a semicolon": ";",
    "words": "show me the errors",
    "a NUL": "SELECT 1\x00; DROP VIEW spans",
    "half a character": "SELECT '\ud800'",
    "bytes that are no text": "SELECT x'éff'",
    "an open string": "SELECT 'x",
    "an open comment": "SELECT 1 /* x",
    "two queries in a row": "SELECT 1 SELECT 2",
}
