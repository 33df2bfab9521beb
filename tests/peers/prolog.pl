% Answers the bench: reads a term, writes a line.
%
%   load(Module, File).         loads a program
%   count(Module, Goal).        how many solutions a goal has
%   holds(Module, Goal).        whether it has one
%   run(Module, Goal, Times).   seconds of the processor that so many first solutions take, without the loop
%                               around them

:- set_prolog_flag(optimise, true).
:- initialization(serve, main).

serve :-
    read_term(user_input, Request, []),
    (   Request == end_of_file
    ->  true
    ;   catch(answer(Request), Error, report(Error)),
        flush_output,
        serve
    ).

report(Error) :-
    message_to_codes(Error, Text),
    format("error ~w~n", [Text]).

message_to_codes(Error, Text) :-
    with_output_to(string(Text), print(Error)).

answer(load(Module, File)) :-
    load_files(Module:File, [silent(true), if(true)]),
    format("ok 0~n").
answer(count(Module, Goal)) :-
    abolish_all_tables,
    aggregate_all(count, Module:Goal, Count),
    format("ok ~w~n", [Count]).
answer(holds(Module, Goal)) :-
    abolish_all_tables,
    (   call(Module:Goal) -> format("ok 1~n") ; format("ok 0~n") ).
answer(run(Module, Goal, Times)) :-
    prepare(Module, Goal),
    statistics(cputime, Start),
    \+ Module:bench_loop(Times),
    statistics(cputime, Middle),
    \+ Module:bench_nothing(Times),
    statistics(cputime, End),
    Seconds is max(0.0, (Middle - Start) - (End - Middle)),
    format("ok ~w~n", [Seconds]).

prepare(Module, Goal) :-
    retractall(Module:bench_loop(_)),
    retractall(Module:bench_nothing(_)),
    assertz(Module:(bench_loop(N) :- between(1, N, _), \+ \+ Goal, fail)),
    assertz(Module:(bench_nothing(N) :- between(1, N, _), \+ \+ true, fail)).
