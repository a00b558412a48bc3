SELECT DISTINCT agent FROM spans WHERE agent IS NOT NULL AND start_time >= $since ORDER BY agent
