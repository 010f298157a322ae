package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.node.DecimalNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Numbers in an interval that are multiples of some numbers, and of some others not. */
final class NumberRoom implements Room {

    private static final int MOST_TRIES = 200_000;
    private static final int MOST_DIGITS = 300;

    private @Nullable BigDecimal low;
    private @Nullable BigDecimal high;
    private boolean lowIsOut;
    private boolean highIsOut;
    private Set<BigDecimal> multiples = new HashSet<>();
    private Set<BigDecimal> nonMultiples = new HashSet<>();

    @Override
    public Room copy() {
        NumberRoom copy = new NumberRoom();
        copy.low = low;
        copy.high = high;
        copy.lowIsOut = lowIsOut;
        copy.highIsOut = highIsOut;
        copy.multiples = new HashSet<>(multiples);
        copy.nonMultiples = new HashSet<>(nonMultiples);
        return copy;
    }

    @Override
    public void require(Part schema, Branch branch) {
        if (schema.has("type") && Type.isOnlyIntegers(schema.get("type"))) {
            multiples.add(BigDecimal.ONE);
        }
        if (schema.has("minimum")) {
            atLeast(schema.get("minimum").decimalValue(), false);
        }
        if (schema.has("exclusiveMinimum")) {
            atLeast(schema.get("exclusiveMinimum").decimalValue(), true);
        }
        if (schema.has("maximum")) {
            atMost(schema.get("maximum").decimalValue(), false);
        }
        if (schema.has("exclusiveMaximum")) {
            atMost(schema.get("exclusiveMaximum").decimalValue(), true);
        }
        if (schema.has("multipleOf")) {
            multiples.add(schema.get("multipleOf").decimalValue());
        }
    }

    private void atLeast(BigDecimal bound, boolean isOut) {
        int order = low == null ? 1 : bound.compareTo(low);
        if (order >= 0) {
            lowIsOut = order > 0 ? isOut : lowIsOut || isOut;
            low = bound;
        }
    }

    private void atMost(BigDecimal bound, boolean isOut) {
        int order = high == null ? -1 : bound.compareTo(high);
        if (order <= 0) {
            highIsOut = order < 0 ? isOut : highIsOut || isOut;
            high = bound;
        }
    }

    @Override
    public List<Branch> refuse(Part schema, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        if (schema.has("type") && Type.isOnlyIntegers(schema.get("type"))) {
            ways.add(without(branch, BigDecimal.ONE));
        }
        if (schema.has("multipleOf")) {
            ways.add(without(branch, schema.get("multipleOf").decimalValue()));
        }
        for (String keyword : List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")) {
            if (schema.has(keyword)) {
                Branch way = branch.copy();
                NumberRoom room = way.room(NumberRoom.class);
                BigDecimal bound = schema.get(keyword).decimalValue();
                boolean isOut = !keyword.startsWith("exclusive");
                if (keyword.endsWith("inimum")) {
                    room.atMost(bound, isOut);
                } else {
                    room.atLeast(bound, isOut);
                }
                ways.add(way);
            }
        }
        return ways;
    }

    private static Branch without(Branch branch, BigDecimal multiple) {
        Branch way = branch.copy();
        way.room(NumberRoom.class).nonMultiples.add(multiple);
        return way;
    }

    @Override
    public Outcome solve(Search search, Branch branch) {
        Set<BigDecimal> excluded = new HashSet<>();
        branch.excluded().stream()
                .filter(value -> value.json().isNumber())
                .forEach(value -> excluded.add(value.json().decimalValue().stripTrailingZeros()));
        if (isEmpty()) {
            return Outcome.none();
        }
        if (scale() > MOST_DIGITS) {
            return Outcome.unknown("a number has too many digits to be compared");
        }
        return multiples.isEmpty() ? anywhere(excluded) : onMultiples(excluded);
    }

    private boolean isEmpty() {
        if (low == null || high == null) {
            return false;
        }
        int order = low.compareTo(high);
        return order > 0 || (order == 0 && (lowIsOut || highIsOut));
    }

    private boolean fits(BigDecimal number, Set<BigDecimal> excluded) {
        return isWithin(number)
                && !excluded.contains(number.stripTrailingZeros())
                && nonMultiples.stream()
                        .noneMatch(each -> number.remainder(each).signum() == 0);
    }

    private boolean isWithin(BigDecimal number) {
        int above = low == null ? 1 : number.compareTo(low);
        int below = high == null ? -1 : number.compareTo(high);
        return (above > 0 || (above == 0 && !lowIsOut)) && (below < 0 || (below == 0 && !highIsOut));
    }

    /** Of an interval, only finitely many numbers are excluded; those with more digits are no multiples of anything. */
    private Outcome anywhere(Set<BigDecimal> excluded) {
        BigDecimal from = low != null ? low : high != null ? high.subtract(BigDecimal.TEN) : BigDecimal.ZERO;
        BigDecimal to = high != null ? high : from.add(BigDecimal.TEN);
        List<BigDecimal> tries = new ArrayList<>(List.of(BigDecimal.ZERO, BigDecimal.ONE, from, to));
        tries.add(from.add(BigDecimal.ONE));
        tries.add(to.subtract(BigDecimal.ONE));
        BigDecimal width = to.subtract(from);
        int scale = Math.max(scale(), scale(excluded.stream()));
        for (int digits = 1; digits <= 4; digits++) {
            for (int i = 1; i <= excluded.size() + 9; i++) {
                tries.add(from.add(width.multiply(BigDecimal.valueOf(i).scaleByPowerOfTen(-digits))));
            }
        }
        BigDecimal fine = BigDecimal.ONE.scaleByPowerOfTen(-scale - 1);
        for (int i = 1; i <= 9; i++) {
            tries.add(from.add(fine.multiply(BigDecimal.valueOf(i))));
        }
        return tries.stream()
                .filter(number -> fits(number, excluded))
                .findFirst()
                .map(NumberRoom::found)
                .orElseGet(() -> from.compareTo(to) == 0
                        ? Outcome.none()
                        : Outcome.unknown("no number was found, though there may be one"));
    }

    /** Digits after the point, of the number that has most of them. */
    private int scale() {
        return scale(Stream.of(multiples.stream(), nonMultiples.stream(), Stream.of(low, high))
                .flatMap(numbers -> numbers));
    }

    private static int scale(Stream<@Nullable BigDecimal> numbers) {
        return numbers.filter(number -> number != null)
                .mapToInt(number -> Math.abs(number.stripTrailingZeros().scale()))
                .max()
                .orElse(0);
    }

    /** What is a multiple of one number and not of others repeats itself, so that one period shows it all. */
    private Outcome onMultiples(Set<BigDecimal> excluded) {
        int scale = scale();
        BigInteger step = least(multiples, scale, BigInteger.ONE);
        BigInteger period = least(nonMultiples, scale, step).divide(step);
        BigInteger needed = period.multiply(BigInteger.valueOf(excluded.size() + 1L));
        BigDecimal size = new BigDecimal(step, scale);
        boolean descends = low == null && high != null;
        BigInteger first = low != null
                ? low.divide(size, 0, RoundingMode.CEILING).toBigInteger()
                : high != null ? high.divide(size, 0, RoundingMode.FLOOR).toBigInteger() : BigInteger.ZERO;
        for (long i = 0; BigInteger.valueOf(i).compareTo(needed) <= 0; i++) {
            if (i > MOST_TRIES) {
                return Outcome.unknown("multipleOf cannot be compared with so different a number");
            }
            BigInteger factor = first.add(BigInteger.valueOf(descends ? -i : i));
            BigDecimal number = size.multiply(new BigDecimal(factor));
            if (fits(number, excluded)) {
                return found(number);
            }
            if (!isWithin(number) && i > 0) {
                return Outcome.none();
            }
        }
        return Outcome.none();
    }

    /** The least common multiple, in units of the last digit. */
    private static BigInteger least(Set<BigDecimal> numbers, int scale, BigInteger start) {
        BigInteger least = start;
        for (BigDecimal number : numbers) {
            BigInteger other = number.setScale(scale, RoundingMode.UNNECESSARY).unscaledValue();
            least = least.multiply(other).divide(least.gcd(other));
        }
        return least;
    }

    private static Outcome found(BigDecimal number) {
        BigDecimal plain = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
        return Outcome.found(DecimalNode.valueOf(plain.scale() < 0 ? plain.setScale(0) : plain));
    }
}
