SELECT max(coalesce(end_time, start_time)) AS newest FROM spans
