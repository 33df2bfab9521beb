
-- `Window::take_many`, under the lock of the client's row: in the order of the server's clock for all processes.
-- `at_ms` is for tests; null is now.
CREATE FUNCTION assize.take(
    of_client text, requests bigint, window_ms bigint, wanted bigint, at_ms bigint,
    OUT granted bigint, OUT remaining bigint, OUT reset_ms bigint
) LANGUAGE plpgsql AS $$
DECLARE
    slot_ms bigint := greatest((window_ms + 63) / 64, 1);
    slot_count bigint := (window_ms + slot_ms - 1) / slot_ms + 1;
    now_ms bigint;
    held text;
    numbers bigint[];
    counts bigint[];
    newest bigint;
    slot bigint;
    used bigint;
BEGIN
    LOOP
        SELECT slots INTO held FROM assize.quota WHERE client = of_client FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO assize.quota VALUES (of_client, '', 0) ON CONFLICT DO NOTHING;
    END LOOP;
    -- Read once the row is held: whoever comes later has a later time.
    now_ms := coalesce(at_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
    SELECT coalesce(max(split_part(part, ':', 1)::bigint), 0) INTO newest
        FROM unnest(string_to_array(held, ',')) AS part;
    slot := greatest(now_ms / slot_ms, newest);
    SELECT coalesce(array_agg(number ORDER BY number), '{}'), coalesce(array_agg(count ORDER BY number), '{}'),
            coalesce(sum(count), 0)::bigint
        INTO numbers, counts, used
        FROM (
            SELECT split_part(part, ':', 1)::bigint AS number, split_part(part, ':', 2)::bigint AS count
            FROM unnest(string_to_array(held, ',')) AS part
        ) AS pair
        WHERE number >= greatest(slot - slot_count + 1, 0);
    granted := least(greatest(requests - used, 0), wanted);
    IF granted > 0 THEN
        IF numbers[cardinality(numbers)] = slot THEN
            counts[cardinality(counts)] := counts[cardinality(counts)] + granted;
        ELSE
            numbers := numbers || slot;
            counts := counts || granted;
        END IF;
    END IF;
    remaining := greatest(requests - used - granted, 0);
    reset_ms := greatest((coalesce(numbers[1], slot) + slot_count) * slot_ms - now_ms, 1);
    UPDATE assize.quota SET
        slots = (
            SELECT coalesce(string_agg(number || ':' || count, ',' ORDER BY number), '')
            FROM unnest(numbers, counts) AS pair (number, count)
        ),
        idle_ms = (coalesce(numbers[cardinality(numbers)], slot) + slot_count) * slot_ms
    WHERE client = of_client;
END
$$;
