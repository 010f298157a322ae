package dev.tidemark.contracts.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random pairs of schemas against a validator that knows nothing of comparing: what it accepts of many small documents.
 * If the comparison says that a schema accepts all that another accepts, no document may say otherwise; and if it says
 * that it does not, there must be a document that shows it, to which the validator agrees.
 */
class RandomSchemasTest {

    private static final int PAIRS = 400;
    private static final int DOCUMENTS = 150;

    /** With the keywords that most events have, every answer is proved. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everyAnswerOnPlainSchemasIsRightAndProved(long seed) {
        Random random = new Random(seed);
        for (int pair = 0; pair < PAIRS; pair++) {
            Pair schemas = Pair.draw(random, true);
            List<Break> breaks = schemas.compare(SchemaDraw.universe(random, DOCUMENTS));
            assertThat(breaks).as("%s, pair %d of seed %d", schemas, pair, seed).allMatch(Break::isProved);
        }
    }

    /** With all keywords, what is said to be compatible is. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void noAnswerIsWrong(long seed) {
        Random random = new Random(seed);
        int unproved = 0;

        for (int pair = 0; pair < PAIRS; pair++) {
            List<Break> breaks = Pair.draw(random, false).compare(SchemaDraw.universe(random, DOCUMENTS));
            unproved += breaks.stream().allMatch(Break::isProved) ? 0 : 1;
        }
        assertThat(unproved)
                .as("pairs of %d that could not be compared, of seed %d", PAIRS, seed)
                .isLessThan(PAIRS / 50);
    }

    /** Two schemas, of which the one may have been made from the other. */
    private record Pair(SchemaDocument from, SchemaDocument to) {

        static Pair draw(Random random, boolean isPlain) {
            SchemaDraw draw = new SchemaDraw(random, isPlain);
            JsonNode one = draw.schema(2);
            JsonNode other = random.nextInt(5) == 0 ? draw.schema(2) : draw.mutated(one, 2);
            SchemaDocument from = SchemaDocument.parse("from", Json.text(one));
            SchemaDocument to = SchemaDocument.parse("to", Json.text(other));
            return random.nextBoolean() ? new Pair(from, to) : new Pair(to, from);
        }

        List<Break> compare(List<JsonNode> documents) {
            List<Break> breaks = Inclusion.breaks(from, to);
            for (JsonNode document : documents) {
                requireSameEvaluation(from, document);
                requireSameEvaluation(to, document);
                if (breaks.isEmpty()) {
                    assertThat(from.validation().accepts(document)
                                    && !to.validation().accepts(document))
                            .as("%s says that %s is compatible, but it refuses %s", this, to, document)
                            .isFalse();
                }
            }
            return breaks;
        }

        /** The comparison has an evaluation of its own, which must not be another one. */
        private static void requireSameEvaluation(SchemaDocument schema, JsonNode document) {
            Truth truth = new Evaluation().valid(document, schema.root());
            if (truth != Truth.UNSURE) {
                assertThat(truth)
                        .as("%s of %s", document, schema.json())
                        .isEqualTo(Truth.of(schema.validation().accepts(document)));
            }
        }

        @Override
        public String toString() {
            return "from " + from.json() + " to " + to.json();
        }
    }
}
