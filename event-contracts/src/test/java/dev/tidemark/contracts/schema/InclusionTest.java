package dev.tidemark.contracts.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What random schemas seldom have: references, formats, the older draft, and what cannot be compared. */
class InclusionTest {

    private static final String LIST = "{'$ref':'#/$defs/node','$defs':{'node':{'type':'object',"
            + "'properties':{'value':{'type':'%s'},'next':{'$ref':'#/$defs/node'}},'additionalProperties':false}}}";

    private static List<Break> breaks(String from, String to) {
        return Inclusion.breaks(
                SchemaDocument.parse("from", from.replace('\'', '"')),
                SchemaDocument.parse("to", to.replace('\'', '"')));
    }

    @Test
    void eachDifferenceIsFoundWithItsPlaceAndADocument() {
        List<Break> breaks = breaks(
                "{'type':'object','properties':{'amount':{'type':'number'},'note':{'type':'string'}},"
                        + "'required':['amount']}",
                "{'type':'object','properties':{'amount':{'type':'number','maximum':100},'note':{'type':'string'}},"
                        + "'required':['amount','currency']}");

        assertThat(breaks)
                .extracting(Break::place)
                .containsExactlyInAnyOrder("/properties/amount/maximum", "/required");
        assertThat(breaks).allMatch(Break::isProved);
        assertThat(breaks)
                .filteredOn(each -> each.place().equals("/required"))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.example()).isEqualTo("{\"amount\":0}");
                    assertThat(each.why()).contains("currency");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " | ",
            quoteCharacter = '`',
            value = {
                "integer | number  | true",
                "number  | integer | false",
                "string  | string  | true",
                "boolean | string  | false"
            })
    void schemasThatReferToThemselves(String from, String to, boolean compatible) {
        List<Break> breaks = breaks(String.format(LIST, from), String.format(LIST, to));

        assertThat(breaks).allMatch(Break::isProved);
        assertThat(breaks.isEmpty()).isEqualTo(compatible);
    }

    @Test
    void aSchemaThatNothingCanEndAcceptsNothing() {
        String endless = "{'$ref':'#/$defs/a','$defs':{'a':{'type':'object','required':['a'],"
                + "'properties':{'a':{'$ref':'#/$defs/a'}}}}}";

        assertThat(breaks(endless, "false")).isEmpty();
        assertThat(breaks("{'type':'object'}", endless)).isNotEmpty();
    }

    /** Below an a, there is no b that does not need that a again; beside it there is. */
    @Test
    void whatHasNoEndInOnePlaceMayHaveOneInAnother() {
        String both = "{'type':'object','required':['x','y'],"
                + "'properties':{'x':{'$ref':'#/$defs/a'},'y':{'$ref':'#/$defs/b'}},'$defs':{"
                + "'a':{'anyOf':[{'type':'object','required':['b'],'properties':{'b':{'$ref':'#/$defs/b'}}},"
                + "{'type':'null'}]},"
                + "'b':{'type':'object','required':['a'],'properties':{'a':{'$ref':'#/$defs/a'}}}}}";

        assertThat(breaks(both, "false"))
                .singleElement()
                .extracting(Break::example)
                .isEqualTo("{\"x\":null,\"y\":{\"a\":null}}");
    }

    @Test
    void anotherWayToSayTheSameIsNoDifference() {
        assertThat(breaks(
                        "{'title':'before','type':'string','enum':['a','b']}",
                        "{'anyOf':[{'const':'b'},{'const':'a'}],'description':'after'}"))
                .isEmpty();
        assertThat(breaks(
                        "{'oneOf':[{'type':'integer','minimum':0},{'type':'integer','maximum':-1}]}",
                        "{'type':'integer'}"))
                .isEmpty();
        assertThat(breaks("{'type':'number','multipleOf':0.01}", "{'type':'number','multipleOf':0.005}"))
                .isEmpty();
        assertThat(breaks("{'type':'string','pattern':'^[A-Z]{3}$'}", "{'type':'string','minLength':3,'maxLength':3}"))
                .isEmpty();
        assertThat(breaks(
                        "{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':false}",
                        "{'type':'object','patternProperties':{'^a':{'type':'string'}},'additionalProperties':false}"))
                .isEmpty();
        assertThat(breaks("{'type':'array','items':{'type':'boolean'},'uniqueItems':true}", "{'maxItems':2}"))
                .isEmpty();
    }

    @Test
    void formatsAreMeant() {
        String plain = "{'type':'string'}";
        String time = "{'type':'string','format':'date-time'}";

        assertThat(breaks(time, plain)).isEmpty();
        assertThat(breaks(time, "{'type':'string','format':'date-time','title':'t'}"))
                .isEmpty();
        assertThat(breaks(plain, time)).singleElement().matches(Break::isProved);
        assertThat(breaks(time, "{'type':'string','format':'date'}"))
                .singleElement()
                .matches(Break::isProved);
    }

    @Test
    void whatCannotBeComparedIsRefusedUnlessItWasNotTouched() {
        String before = "{'type':'string','pattern':'^(?=a)','maxLength':10}";

        assertThat(breaks(before, "{'type':'string','pattern':'^(?=a)','maxLength':20}"))
                .isEmpty();
        assertThat(breaks(before, "{'type':'string','pattern':'^(?=b)','maxLength':10}"))
                .as("of what is not understood, a guess may still be right")
                .singleElement()
                .matches(Break::isProved);
        assertThat(breaks("{'type':'string','pattern':'^(?=ab)'}", "{'type':'string','pattern':'^(?=a)'}"))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.isProved()).isFalse();
                    assertThat(each.why()).contains("cannot be proved").contains("pattern");
                });
        assertThat(breaks("{'type':'string','format':'iban'}", "{'type':'string','format':'bic'}"))
                .singleElement()
                .satisfies(each ->
                        assertThat(each.why()).contains("cannot be proved").contains("iban and bic"));
    }

    @Test
    void unevaluatedPropertiesAreUnderstoodWhereTheyAreAdditional() {
        String closed = "{'type':'object','properties':{'a':{}},'unevaluatedProperties':false}";
        String composed = "{'allOf':[{'properties':{'a':{}}}],'unevaluatedProperties':false}";

        assertThat(breaks(closed, "{'type':'object','properties':{'a':{}},'additionalProperties':false}"))
                .isEmpty();
        assertThat(breaks("{'type':'object'}", closed)).singleElement().matches(Break::isProved);
        assertThat(breaks(composed, composed)).isEmpty();
        assertThat(breaks(composed, "{'allOf':[{'properties':{'b':{}}}],'unevaluatedProperties':false}"))
                .isNotEmpty();
    }

    @Test
    void theOlderDraft() {
        String draft = "{'$schema':'http://json-schema.org/draft-07/schema#',";

        assertThat(breaks(
                        draft + "'type':'array','items':[{'type':'integer'}],'additionalItems':false}",
                        "{'type':'array','prefixItems':[{'type':'number'}],'maxItems':1}"))
                .isEmpty();
        assertThat(breaks(
                        draft + "'type':'object','dependencies':{'a':['b']}}",
                        "{'type':'object','dependentRequired':{'a':['b']}}"))
                .isEmpty();
        assertThat(breaks("{'type':'object'}", draft + "'type':'object','dependencies':{'a':['b']}}"))
                .singleElement()
                .matches(Break::isProved);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " | ",
            quoteCharacter = '`',
            value = {
                "{'type':                     | must be JSON",
                "[]                           | must be an object",
                "{'type':'text'}              | at /type",
                "{'minLength':-1}             | at /minLength",
                "{'requried':['a']}           | did you mean required?",
                "{'properties':{'a':{'foo':1}}} | at /properties/a/foo: foo is no keyword",
                "{'$ref':'other.json'}        | must lead to a schema in this file",
                "{'$ref':'#/$defs/a'}         | must lead to a schema in this file",
                "{'items':{'$id':'a'}}        | only the whole file may have an $id",
                "{'$schema':'http://json-schema.org/draft-04/schema#'} | $schema must be",
                "{'type':'string','type':'null'} | Duplicate"
            })
    void whatIsNoSchemaIsRefused(String text, String problem) {
        assertThatThrownBy(() -> SchemaDocument.parse(
                        "order/order-placed/1.json", text.strip().replace('\'', '"')))
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("order/order-placed/1.json: ")
                .hasMessageContaining(problem.strip());
    }

    @Test
    void wordsOfOnesOwnAreNoProblemWhereTheyAreMarked() {
        assertThat(breaks("{'x-pii':true,'type':'string'}", "{'type':'string'}"))
                .isEmpty();
        assertThat(breaks("{'properties':{'requried':{}}}", "true")).isEmpty();
    }
}
