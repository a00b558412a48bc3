"""The DuckDB functions a user's query may call, by topic.

A list of what is allowed, so a function that a later DuckDB adds is refused until somebody has looked at it here. Left
out on purpose: whatever reads files, network, settings, catalogs, secrets or variables; whatever takes SQL, the name of
a table or of a function as text; whatever sleeps, writes a log or a sequence.
"""

from __future__ import annotations

from typing import Final


def names(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


OPERATORS: Final = names("""
    + - * / // % ** ^ & | ~ << >> = != < <= > >= <=> || !__postfix @ && @> <@ ^@ ->> ~~ !~~ ~~* !~~* ~~~
    add subtract multiply divide mod xor __between
""")

NUMBERS: Final = names("""
    abs ceil ceiling floor round round_even trunc sign signbit sqrt cbrt exp ln log log2 log10 pow power pi gcd lcm
    greatest least even factorial fdiv fmod degrees radians sin cos tan asin acos atan atan2 sinh cosh tanh
    isnan isinf isfinite random hash bit_count bin hex to_hex format_bytes formatreadablesize
    formatreadabledecimalsize nextafter gamma lgamma
""")

TEXT: Final = names("""
    lower upper lcase ucase length len strlen char_length character_length octet_length bit_length length_grapheme
    concat concat_ws substring substr substring_grapheme left right left_grapheme right_grapheme
    trim ltrim rtrim replace translate reverse overlay position strpos instr contains starts_with ends_with prefix
    suffix split split_part str_split string_split string_to_array str_split_regex string_split_regex
    regexp_matches regexp_full_match regexp_extract regexp_extract_all regexp_replace regexp_split_to_array
    regexp_split_to_table regexp_escape like_escape not_like_escape ilike_escape not_ilike_escape
    ascii chr unicode ord strip_accents nfc_normalize md5 sha1 sha256 base64 to_base64 from_base64 unhex from_hex
    encode decode url_encode url_decode bar
""")

TIMES: Final = names("""
    now today current_date current_localtimestamp get_current_timestamp transaction_timestamp ago
    date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add age time_bucket timezone
    timezone_hour timezone_minute strftime strptime try_strptime to_timestamp make_date make_time make_timestamp
    make_timestamp_ms make_timestamp_ns make_timestamptz epoch epoch_ms epoch_us epoch_ns
    year month day hour minute second millisecond microsecond nanosecond quarter week weekofyear weekday dayofweek
    dayofmonth dayofyear isodow isoyear yearweek decade century millennium era julian dayname monthname last_day
    days_in_month normalized_interval to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds
    to_milliseconds to_microseconds to_decades to_centuries to_millennia
""")

JSON: Final = names("""
    json json_extract json_extract_string json_extract_path json_extract_path_text json_value json_exists json_keys
    json_type json_valid json_array_length json_array json_object json_quote json_structure json_merge_patch
    json_group_array json_group_object json_group_structure json_transform json_transform_strict
    from_json from_json_strict to_json array_to_json row_to_json
""")

LISTS: Final = names("""
    list_value list_pack array_value list_extract list_element array_extract list_slice array_slice list_contains
    list_has array_contains array_has list_has_any array_has_any list_has_all array_has_all list_position
    list_indexof array_position array_indexof list_concat list_cat array_concat array_cat list_append array_append
    array_push_back list_prepend array_prepend array_push_front array_pop_back array_pop_front
    list_sort array_sort list_reverse_sort array_reverse_sort list_reverse array_reverse list_distinct
    array_distinct list_unique array_unique list_intersect array_intersect list_filter array_filter filter
    list_transform array_transform list_apply array_apply apply list_reduce array_reduce reduce list_zip array_zip
    list_where array_where list_select array_select list_count list_sum list_avg list_min list_max list_median
    list_mode list_first list_last list_any_value list_bool_and list_bool_or list_product list_histogram
    list_approx_count_distinct list_stddev_pop list_stddev_samp list_var_pop list_var_samp list_string_agg
    array_length array_to_string flatten unnest cardinality element_at map map_keys map_values map_entries
    map_contains map_contains_entry map_contains_value map_extract map_extract_value map_from_entries map_concat
    row struct_pack struct_extract struct_extract_at struct_insert struct_concat struct_keys struct_values
    struct_contains struct_position
""")

OTHER: Final = names("""
    if nullif typeof pg_typeof uuid gen_random_uuid uuidv4 uuidv7
    uuid_extract_timestamp uuid_extract_version
""")

AGGREGATES: Final = names("""
    count count_star count_if countif sum avg mean min max any_value arbitrary first last arg_min arg_max argmin argmax
    min_by max_by arg_min_null arg_max_null arg_min_nulls_last arg_max_nulls_last median mode quantile quantile_cont
    quantile_disc approx_quantile approx_count_distinct mad stddev stddev_pop stddev_samp var_pop var_samp variance sem
    skewness kurtosis kurtosis_pop entropy corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept
    regr_r2 regr_slope regr_sxx regr_sxy regr_syy product geomean geometric_mean weighted_avg wavg favg fsum kahan_sum
    sumkahan sum_no_overflow bool_and bool_or bit_and bit_or bit_xor list array_agg string_agg group_concat listagg
    histogram histogram_exact
""")

WINDOW: Final = names("""
    row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value fill
""")

# Ours, for queries written for Logfire: store/schema/functions.sql.
OURS: Final = names("""
    level_num level_name approx_percentile_cont approx_median approx_distinct regexp_like date_bin btrim json_get
    json_get_json json_get_str json_as_text json_get_int json_get_float json_get_bool json_length
""")

# Make much out of little, or take the product of two lengths: a query with one of them runs in a process of its own, as
# one does with all that is not listed in tame.py.
UNBOUNDED: Final = names("""
    repeat lpad rpad list_resize array_resize range generate_series format printf
    levenshtein editdist3 damerau_levenshtein hamming mismatches jaccard jaro_similarity jaro_winkler_similarity
    list_cosine_similarity list_cosine_distance list_distance list_inner_product list_dot_product
""")

SCALARS: Final = OPERATORS | NUMBERS | TEXT | TIMES | JSON | LISTS | OTHER | AGGREGATES | WINDOW | OURS | UNBOUNDED
TABLES: Final = names("range generate_series unnest json_each json_tree")

# What a value may be cast to.
TYPES: Final = names("""
    boolean bool logical tinyint smallint integer int int1 int2 int4 int8 short signed bigint long hugeint utinyint
    usmallint uinteger ubigint uhugeint float float4 float8 real double decimal numeric varchar text string char bpchar
    blob bytea binary varbinary date time timestamp datetime timestamptz timestamp_s timestamp_ms timestamp_ns
    timestamp_us interval uuid json enum list array struct row map union null
    int16 int32 int64 int128 uint8 uint16 uint32 uint64 uint128 nvarchar
""") | {"timestamp with time zone", "time with time zone", "timetz", '"null"'}
