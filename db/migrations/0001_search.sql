-- What the catalog is listed, sorted and searched by. All of it is derived from products, variants and prices, and kept
-- by triggers, so that whoever writes those is covered. It is no part of the Drizzle schema: nobody else writes it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS unaccent;
--> statement-breakpoint
-- One row for each active product in each currency that it has a price in: what a list in that currency walks through.
CREATE TABLE product_listings (
  product_id text NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  currency text NOT NULL,
  min_minor bigint NOT NULL,
  created_at timestamptz NOT NULL,
  -- "C" orders alike on every server, whatever its locale.
  title_key text COLLATE "C" NOT NULL,
  PRIMARY KEY (product_id, currency)
);
--> statement-breakpoint
CREATE INDEX product_listings_newest_index ON product_listings (currency, created_at DESC, product_id DESC);
--> statement-breakpoint
CREATE INDEX product_listings_price_index ON product_listings (currency, min_minor, product_id);
--> statement-breakpoint
CREATE INDEX product_listings_title_index ON product_listings (currency, title_key, product_id);
--> statement-breakpoint
CREATE INDEX product_collections_order_index ON product_collections (collection_id, position, product_id);
--> statement-breakpoint
CREATE INDEX variants_options_index ON variants USING gin (options jsonb_path_ops);
--> statement-breakpoint
-- The words of a product: weight A its title, B vendor, type, tags, option values and SKUs, D its description.
CREATE TABLE product_search (
  product_id text PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
  document tsvector NOT NULL
);
--> statement-breakpoint
CREATE INDEX product_search_document_index ON product_search USING gin (document);
--> statement-breakpoint
-- Every word that weighs more than a description's, to correct a mistyped one by. A word may be here twice: two writers
-- that bring the same new word at once need not wait for each other. It may outlive its products: it then finds nothing.
CREATE TABLE search_words (word text NOT NULL);
--> statement-breakpoint
CREATE INDEX search_words_word_index ON search_words (word);
--> statement-breakpoint
CREATE INDEX search_words_trigram_index ON search_words USING gin (word gin_trgm_ops);
--> statement-breakpoint
-- Plain words: no markup, no accents, no ASCII punctuation, which would make file names and negative numbers of SKUs.
-- Cut at a length that a tsvector can always hold.
CREATE FUNCTION search_text(input text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT regexp_replace(
    unaccent(regexp_replace(left(input, 100000), '<[^>]*>|&[a-zA-Z0-9#]+;', ' ', 'g')),
    '[!-/:-@\[-`{-~]+', ' ', 'g')
$$;
--> statement-breakpoint
-- Each word as it stands, so that it is found while still being typed, and its English stem where that differs.
CREATE FUNCTION search_vector(input text, weight "char") RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
DECLARE
  cleaned text := search_text(input);
  plain tsvector := to_tsvector('simple', cleaned);
BEGIN
  RETURN setweight(plain || ts_delete(to_tsvector('english', cleaned), tsvector_to_array(plain)), weight);
END $$;
--> statement-breakpoint
CREATE FUNCTION quote_word(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('''%s''', replace(replace(word, '\', ''), '''', ''''''))
$$;
--> statement-breakpoint
-- A query that every word has to match, as a prefix or by its stem. Stop words count only where there is nothing else.
-- Takes words of letters and digits; whatever unaccent makes of them is quoted.
CREATE FUNCTION search_query(words text[]) RETURNS tsquery LANGUAGE sql STABLE AS $$
  SELECT string_agg(
    -- The stem only where it differs: of two equal words in a query ts_rank would count the one without the prefix.
    CASE WHEN stem <> word THEN format('(%s:* | %s)', quote_word(word), quote_word(stem)) ELSE quote_word(word) || ':*' END,
    ' & ')::tsquery
  FROM (
    SELECT word, coalesce(stems[1], word) AS stem, stems, bool_and(coalesce(stems = '{}', false)) OVER () AS only_stop_words
    FROM (SELECT word, ts_lexize('english_stem', word) AS stems
          FROM (SELECT DISTINCT lower(unaccent(given)) AS word FROM unnest(words) given) w WHERE word <> '') s
  ) q
  WHERE stems IS DISTINCT FROM '{}' OR only_stop_words
$$;
--> statement-breakpoint
-- Known words that look somewhat like a mistyped one, the likest first. The caller measures them more finely.
-- The threshold is low because two letters swapped in a short word leave few trigrams: "scraf" has 0.2 of "scarf".
CREATE FUNCTION search_candidates(mistyped text) RETURNS SETOF text LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.15 AS $$
  SELECT word FROM search_words
  WHERE word % mistyped AND length(word) >= length(mistyped) - 2
  GROUP BY word ORDER BY similarity(word, mistyped) DESC, word LIMIT 300
$$;
--> statement-breakpoint
CREATE FUNCTION refresh_product_listings(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Two that change the prices of one product at once: the second waits here, and then sees what the first wrote.
  PERFORM FROM products WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
  WITH wanted AS (
    SELECT p.id AS product_id, r.currency, min(r.amount_minor) AS min_minor, p.created_at,
           left(lower(unaccent(p.title)), 200) AS title_key
    FROM products p JOIN variants v ON v.product_id = p.id JOIN prices r ON r.variant_id = v.id
    WHERE p.id = ANY (ids) AND p.status = 'active'
    GROUP BY p.id, r.currency
  ), gone AS (
    DELETE FROM product_listings l
    WHERE l.product_id = ANY (ids)
      AND NOT EXISTS (SELECT FROM wanted w WHERE w.product_id = l.product_id AND w.currency = l.currency)
  )
  INSERT INTO product_listings AS l (product_id, currency, min_minor, created_at, title_key)
  SELECT product_id, currency, min_minor, created_at, title_key FROM wanted
  ON CONFLICT (product_id, currency) DO UPDATE
    SET min_minor = excluded.min_minor, created_at = excluded.created_at, title_key = excluded.title_key
    WHERE (l.min_minor, l.created_at, l.title_key)
      IS DISTINCT FROM (excluded.min_minor, excluded.created_at, excluded.title_key);
END $$;
--> statement-breakpoint
CREATE FUNCTION refresh_product_search(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM products WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
  WITH texts AS (
    SELECT p.id, p.title, p.description,
           concat_ws(' ', p.vendor, p.type, array_to_string(p.tags, ' '), v.texts) AS details
    FROM products p
    LEFT JOIN LATERAL (
      SELECT concat_ws(' ', string_agg(v.sku, ' '), string_agg(o.texts, ' ')) AS texts
      FROM variants v
      LEFT JOIN LATERAL (SELECT string_agg(value, ' ') AS texts FROM jsonb_each_text(v.options)) o ON true
      WHERE v.product_id = p.id
    ) v ON true
    WHERE p.id = ANY (ids)
  )
  INSERT INTO product_search AS s (product_id, document)
  SELECT id, search_vector(title, 'A') || search_vector(details, 'B') || search_vector(description, 'D') FROM texts
  ON CONFLICT (product_id) DO UPDATE SET document = excluded.document
    WHERE s.document IS DISTINCT FROM excluded.document;

  INSERT INTO search_words (word)
  SELECT word
  FROM (
    SELECT unnest(tsvector_to_array(to_tsvector('simple', search_text(
             concat_ws(' ', p.title, p.vendor, p.type, array_to_string(p.tags, ' ')))))) AS word
    FROM products p WHERE p.id = ANY (ids)
    UNION
    SELECT unnest(tsvector_to_array(to_tsvector('simple', search_text(o.value))))
    FROM variants v CROSS JOIN LATERAL jsonb_each_text(v.options) o WHERE v.product_id = ANY (ids)
  ) words
  WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'
    AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = words.word);
END $$;
--> statement-breakpoint
-- An inserted product needs none of this: it is neither listed nor found before its variants and prices come.
CREATE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids text[] := ARRAY(SELECT id FROM changed ORDER BY id);
BEGIN
  IF ids <> '{}' THEN
    PERFORM refresh_product_search(ids);
    PERFORM refresh_product_listings(ids);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER products_updated AFTER UPDATE ON products
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
--> statement-breakpoint
CREATE FUNCTION variants_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids text[] := ARRAY(SELECT DISTINCT product_id FROM changed ORDER BY product_id);
BEGIN
  IF TG_OP = 'UPDATE' THEN
    -- A variant that moved leaves its old product too.
    ids := ids || ARRAY(SELECT product_id FROM previous EXCEPT SELECT product_id FROM changed);
  END IF;
  IF ids <> '{}' THEN
    PERFORM refresh_product_search(ids);
    IF TG_OP <> 'INSERT' THEN PERFORM refresh_product_listings(ids); END IF;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER variants_inserted AFTER INSERT ON variants
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION variants_changed();
--> statement-breakpoint
CREATE TRIGGER variants_updated AFTER UPDATE ON variants
  REFERENCING OLD TABLE AS previous NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION variants_changed();
--> statement-breakpoint
CREATE TRIGGER variants_deleted AFTER DELETE ON variants
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION variants_changed();
--> statement-breakpoint
CREATE FUNCTION prices_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- The prices of a variant that is deleted go with it; its product is then refreshed by the variant's own trigger.
  ids text[] := ARRAY(
    SELECT DISTINCT v.product_id FROM changed c JOIN variants v ON v.id = c.variant_id ORDER BY v.product_id);
BEGIN
  IF TG_OP = 'UPDATE' THEN
    ids := ids || ARRAY(SELECT DISTINCT v.product_id FROM previous p JOIN variants v ON v.id = p.variant_id
                        WHERE v.product_id <> ALL (ids));
  END IF;
  IF ids <> '{}' THEN PERFORM refresh_product_listings(ids); END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER prices_inserted AFTER INSERT ON prices
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION prices_changed();
--> statement-breakpoint
CREATE TRIGGER prices_updated AFTER UPDATE ON prices
  REFERENCING OLD TABLE AS previous NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION prices_changed();
--> statement-breakpoint
CREATE TRIGGER prices_deleted AFTER DELETE ON prices
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION prices_changed();
--> statement-breakpoint
-- What was in the catalog before this migration.
SELECT refresh_product_listings(ARRAY(SELECT id FROM products)), refresh_product_search(ARRAY(SELECT id FROM products));
