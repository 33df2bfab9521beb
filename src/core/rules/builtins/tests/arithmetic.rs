//! Arithmetic against wider numbers, and its laws.

use super::super::{ArithmeticOperation as Operation, Fault, arithmetic};
use super::{Value, value};
use crate::rules::value::{compare_numbers, float_to_integer};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;
use proptest::prelude::*;

const ROOM: usize = 1 << 20;

fn integer() -> impl Strategy<Value = BigInt> {
    prop_oneof![
        (-10_i64..10).prop_map(BigInt::from),
        any::<i64>().prop_map(BigInt::from),
        any::<i128>().prop_map(BigInt::from),
        (any::<i128>(), 0_u32..1200).prop_map(|(number, shift)| BigInt::from(number) << shift),
        prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(-1), Just(0)].prop_map(BigInt::from),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        integer().prop_map(Value::integer),
        any::<f64>().prop_filter_map("finite", Value::float),
        (-8_i32..8).prop_map(|half| Value::Float(f64::from(half) / 2.0)),
    ]
}

proptest! {
    #[test]
    fn whole_numbers_are_exact(left in integer(), right in integer()) {
        let (a, b) = (Value::integer(left.clone()), Value::integer(right.clone()));
        let run = |operation| arithmetic(operation, &a, &b, ROOM);
        prop_assert_eq!(run(Operation::Add), Ok(Value::integer(&left + &right)));
        prop_assert_eq!(run(Operation::Subtract), Ok(Value::integer(&left - &right)));
        prop_assert_eq!(run(Operation::Multiply), Ok(Value::integer(&left * &right)));
        prop_assert_eq!(run(Operation::Negate), Ok(Value::integer(-&left)));
        if right == BigInt::ZERO {
            for operation in [Operation::Divide, Operation::FloorDivide, Operation::Modulo] {
                prop_assert!(matches!(run(operation), Err(Fault::Undefined(_))));
            }
            return Ok(());
        }
        prop_assert_eq!(run(Operation::FloorDivide), Ok(Value::integer(left.div_floor(&right))));
        prop_assert_eq!(run(Operation::Modulo), Ok(Value::integer(left.mod_floor(&right))));
        let rest = left.mod_floor(&right);
        prop_assert!(rest == BigInt::ZERO || rest.sign() == right.sign());
    }

    /// No float is nearer to the quotient than the one that is given.
    #[test]
    fn quotients_are_the_nearest_floats(left in any::<i128>(), right in any::<i128>()) {
        prop_assume!(right != 0);
        let (left, right) = (BigInt::from(left), BigInt::from(right));
        let quotient = arithmetic(Operation::Divide, &Value::integer(left.clone()), &Value::integer(right.clone()), ROOM);
        let Ok(Value::Float(quotient)) = quotient else { panic!("{quotient:?}") };
        let distance = |float: f64| {
            // |left - float * right|, scaled so that the float is whole.
            let scaled = float_to_integer(libm::ldexp(float, 200)).unwrap();
            ((&left << 200_u32) - scaled * &right).magnitude().clone()
        };
        prop_assume!(quotient == 0.0 || quotient.abs() > 1e-30);
        prop_assert!(distance(quotient) <= distance(quotient.next_up()));
        prop_assert!(distance(quotient) <= distance(quotient.next_down()));
    }

    #[test]
    fn floats_are_finite_and_never_negative_zero(left in number(), right in number()) {
        for operation in [Operation::Add, Operation::Subtract, Operation::Multiply, Operation::Divide, Operation::FloorDivide, Operation::Modulo, Operation::Negate] {
            if let Ok(Value::Float(result)) = arithmetic(operation, &left, &right, ROOM) {
                prop_assert!(result.is_finite() && result.to_bits() != (-0.0_f64).to_bits());
            }
        }
    }

    #[test]
    fn what_is_left_of_floats_is_less_than_the_divisor(left in -1e9_f64..1e9, right in -1e3_f64..1e3) {
        prop_assume!(right.abs() > 1e-3);
        let run = |operation| arithmetic(operation, &Value::float(left).unwrap(), &Value::float(right).unwrap(), ROOM);
        let (Ok(Value::Float(quotient)), Ok(Value::Float(rest))) = (run(Operation::FloorDivide), run(Operation::Modulo)) else { panic!("no floats") };
        prop_assert!(quotient.floor() == quotient && rest.abs() <= right.abs());
        prop_assert!(rest == 0.0 || (rest < 0.0) == (right < 0.0));
        prop_assert!((quotient * right + rest - left).abs() <= 1e-6 * left.abs().max(1.0));
    }

    #[test]
    fn numbers_are_totally_ordered(a in number(), b in number(), c in number()) {
        prop_assert_eq!(compare_numbers(&a, &b), compare_numbers(&b, &a).reverse());
        if compare_numbers(&a, &b).is_le() && compare_numbers(&b, &c).is_le() {
            prop_assert!(compare_numbers(&a, &c).is_le());
        }
        let names = ["lt", "eq", "gt"].map(|name| match name {
            "eq" => compare_numbers(&a, &b).is_eq(),
            _ => super::run(name, &[a.clone(), b.clone()]) == Ok(super::Solutions::Yes),
        });
        prop_assert_eq!(names.into_iter().filter(|holds| *holds).count(), 1);
    }

    #[test]
    fn powers_are_repeated_products(base in -20_i64..20, exponent in 0_u32..60) {
        let power = value("**", &[Value::Integer(base), Value::Integer(exponent.into())]);
        prop_assert_eq!(power, Ok(Value::integer(BigInt::from(base).pow(exponent))));
    }

    #[test]
    fn rounding_goes_to_whole_numbers(number in -1e12_f64..1e12) {
        for name in ["round", "floor", "ceiling", "truncate"] {
            let whole = value(name, &[Value::float(number).unwrap()]).unwrap();
            let whole = crate::rules::value::big(&whole).unwrap().to_f64().unwrap();
            prop_assert!((whole - number).abs() < 1.0);
        }
        let rounded = value("round", &[Value::float(number).unwrap(), Value::Integer(3)]).unwrap();
        let Value::Float(rounded) = rounded else { panic!("a float") };
        prop_assert!((rounded - number).abs() <= 0.000_5 + number.abs() * 1e-15);
    }
}

#[test]
fn results_of_floats_are_those_of_the_field() {
    let run =
        |name: &str, left: f64, right: f64| value(name, &[Value::Float(left), Value::Float(right)]);
    assert_eq!(run("//", -1.0, 0.1), Ok(Value::Float(-10.0)));
    assert_eq!(run("//", 1.0, 0.1), Ok(Value::Float(9.0)));
    let mixed = |name| value(name, &[Value::Integer(7), Value::Float(2.5)]);
    assert_eq!(mixed("//"), Ok(Value::Float(2.0)));
    assert_eq!(mixed("%"), Ok(Value::Float(2.0)));
    assert_eq!(run("%", 5.5, -2.0), Ok(Value::Float(-0.5)));
    assert_eq!(run("%", -4.0, 2.0), Ok(Value::Float(0.0)));
    assert!(matches!(run("*", 1e300, 1e300), Err(Fault::Undefined(_))));
    assert!(matches!(run("**", -8.0, 0.5), Err(Fault::Undefined(_))));
    assert!(matches!(run("**", 0.0, -1.0), Err(Fault::Undefined(_))));
    assert_eq!(
        value("/", &[Value::Integer(6), Value::Integer(3)]),
        Ok(Value::Float(2.0))
    );
    for (number, digits, expected) in [
        (0.05, 1, 0.1),
        (0.005, 1, 0.0),
        (1e22, 2, 1e22),
        (-2.675, 2, -2.68),
        (9.995, 2, 10.0),
        (1e-300, 15, 0.0),
        (123.0, 0, 123.0),
    ] {
        assert_eq!(
            value("round", &[Value::Float(number), Value::Integer(digits)]),
            Ok(Value::Float(expected)),
            "{number} {digits}"
        );
    }
}

#[test]
fn large_quotients_round_once() {
    let run = |left: BigInt, right: BigInt| {
        arithmetic(
            Operation::Divide,
            &Value::integer(left),
            &Value::integer(right),
            ROOM,
        )
    };
    let big = |power: u32| BigInt::from(10).pow(power);
    assert_eq!(run(big(400), big(399)), Ok(Value::Float(10.0)));
    assert_eq!(
        run(big(400), BigInt::from(3) * big(400)),
        Ok(Value::Float(1.0 / 3.0))
    );
    assert_eq!(run(BigInt::from(1), big(400)), Ok(Value::Float(0.0)));
    assert!(matches!(
        run(big(400), BigInt::from(1)),
        Err(Fault::Undefined(_))
    ));
    // Halfway between two floats, and a little more.
    let half = (BigInt::from(1) << 60_u32) + BigInt::from(1 << 7);
    assert_eq!(
        run(half.clone(), BigInt::from(1)),
        Ok(Value::Float(1_152_921_504_606_846_976.0))
    );
    assert_eq!(
        run(half + 1, BigInt::from(1)),
        Ok(Value::Float(1_152_921_504_606_847_232.0))
    );
}
