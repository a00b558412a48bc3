-- Functions that queries written for Logfire use and DuckDB has under another name. Made anew at every start.
CREATE OR REPLACE MACRO level_num(name) AS CASE lower(name)
    WHEN 'trace' THEN 1 WHEN 'debug' THEN 5 WHEN 'info' THEN 9 WHEN 'notice' THEN 10 WHEN 'warn' THEN 13
    WHEN 'warning' THEN 13 WHEN 'error' THEN 17 WHEN 'fatal' THEN 21 END;
CREATE OR REPLACE MACRO level_name(num) AS CASE
    WHEN num IS NULL THEN NULL WHEN num = 10 THEN 'notice' WHEN num <= 4 THEN 'trace' WHEN num <= 8 THEN 'debug'
    WHEN num <= 12 THEN 'info' WHEN num <= 16 THEN 'warn' WHEN num <= 20 THEN 'error' ELSE 'fatal' END;
CREATE OR REPLACE MACRO approx_percentile_cont(value, share) AS approx_quantile(value, share);
CREATE OR REPLACE MACRO approx_median(value) AS approx_quantile(value, 0.5);
CREATE OR REPLACE MACRO approx_distinct(value) AS approx_count_distinct(value);
CREATE OR REPLACE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern);
CREATE OR REPLACE MACRO date_bin(width, time) AS time_bucket(width, time),
    (width, time, origin) AS time_bucket(width, time, origin);
CREATE OR REPLACE MACRO btrim(value) AS trim(value);
CREATE OR REPLACE MACRO json_get(value, key) AS value -> key;
CREATE OR REPLACE MACRO json_get_json(value, key) AS value -> key;
CREATE OR REPLACE MACRO json_get_str(value, key) AS value ->> key;
CREATE OR REPLACE MACRO json_as_text(value, key) AS value ->> key;
CREATE OR REPLACE MACRO json_get_int(value, key) AS TRY_CAST(value ->> key AS BIGINT);
CREATE OR REPLACE MACRO json_get_float(value, key) AS TRY_CAST(value ->> key AS DOUBLE);
CREATE OR REPLACE MACRO json_get_bool(value, key) AS TRY_CAST(value ->> key AS BOOLEAN);
CREATE OR REPLACE MACRO json_length(value) AS json_array_length(value);
