SELECT count(*) AS errors FROM spans WHERE status = 'error' AND start_time >= $start AND start_time < $end
