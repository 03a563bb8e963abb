use rhai::packages::*;
use rhai::*;
use std::time::Instant;
fn main() {
    for fast in [true, false] {
        let mut e = Engine::new_raw();
        let mut m = Module::new();
        ArithmeticPackage::init(&mut m);
        BasicStringPackage::init(&mut m);
        MoreStringPackage::init(&mut m);
        BasicArrayPackage::init(&mut m);
        e.register_global_module(m.into());
        e.set_fast_operators(fast);
        if !fast {
            e.register_fn("==", |a: Dynamic, b: Dynamic| -> bool {
                a.as_immutable_string_ref()
                    .ok()
                    .zip(b.as_immutable_string_ref().ok())
                    .is_some_and(|(a, b)| *a == *b)
            });
            e.register_fn(">", |a: Dynamic, b: Dynamic| -> bool {
                a.as_int().unwrap_or(0) > b.as_int().unwrap_or(0)
            });
        }
        if !fast {
            e.register_fn("!", |a: bool| !a);
        }
        e.register_fn("prefix", |a: i64, b: &str| a > b.len() as i64);
        e.set_max_operations(20000);
        let mut scope = Scope::new();
        scope.push("duration", 100i64);
        scope.push("called_country", "CU".to_string());
        scope.push("n", 100i64);
        scope.push("holiday", false);
        let ast = e
            .compile_expression_with_scope(
                &scope,
                "duration > 60 && called_country == \"CU\" && prefix(n, \"+53\") && !holiday",
            )
            .unwrap();
        println!("{:?}", e.eval_ast_with_scope::<bool>(&mut scope, &ast));
        let n = 200_000;
        let t = Instant::now();
        for _ in 0..n {
            std::hint::black_box(e.eval_ast_with_scope::<bool>(&mut scope, &ast).unwrap());
        }
        println!("fast {fast} eval_ast {:?}", t.elapsed() / n);
        let mut caches = Caches::new();
        let mut global = e.new_global_runtime_state();
        let Stmt::Expr(x) = &ast.statements()[0] else { panic!() };
        let t = Instant::now();
        for _ in 0..n {
            global.num_operations = Default::default();
            let mut c = EvalContext::new(&e, &mut global, &mut caches, &mut scope, None);
            let _ = std::hint::black_box(c.eval_expression_tree(&x.as_ref().into()).unwrap());
        }
        println!("fast {fast} ctx {:?}", t.elapsed() / n);
    }
}
